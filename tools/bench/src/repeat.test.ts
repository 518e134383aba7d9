import { expect, test } from 'vitest';
import { rateOf, repeat, spreadOf } from './repeat.ts';

test('the median of an even number of values lies between the middle two', () => {
  expect(spreadOf([4, 1, 3, 100])).toEqual({ value: 3.5, repetitions: 4, lowest: 1, highest: 100 });
  expect(spreadOf([7])).toEqual({ value: 7, repetitions: 1, lowest: 7, highest: 7 });
});

test('a rate is work per second', () => {
  expect(rateOf(10, [1000, 500, 2000])).toEqual({ value: 10, repetitions: 3, lowest: 5, highest: 20 });
});

test('repetitions that warm up are run and not counted', async () => {
  const seen: number[] = [];
  const times = await repeat({ repetitions: 2, warmUps: 3 }, async (i) => void seen.push(i));
  expect(seen).toEqual([0, 1, 2, 3, 4]);
  expect(times).toHaveLength(2);
});
