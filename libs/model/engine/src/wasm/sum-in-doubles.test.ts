import { expect, test } from 'vitest';
import { sumInDoubles } from './sum-in-doubles.ts';

const values = Float32Array.from({ length: 24 }, (_, i) => i);

test.each([
  [[0], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((i) => 2 * i + 12)],
  [[1], [12, 15, 18, 21, 48, 51, 54, 57]],
  [[2], [6, 22, 38, 54, 70, 86]],
  [
    [0, 2],
    [60, 92, 124],
  ],
  [[0, 1, 2], [276]],
  [[], [...values]],
])('sums [2, 3, 4] over the axes %j', (axes, expected) => {
  expect([...sumInDoubles(values, [2, 3, 4], axes)]).toEqual(expected);
});

test('loses nothing where float32 would', () => {
  const many = new Float32Array(2 ** 25).fill(1);
  const naive = many.reduce((sum, value) => Math.fround(sum + value), 0);
  expect(naive).toBe(2 ** 24);
  expect([...sumInDoubles(many, [many.length], [0])]).toEqual([2 ** 25]);
});
