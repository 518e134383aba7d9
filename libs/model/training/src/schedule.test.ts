import { expect, it } from 'vitest';
import { learningRateSchedule } from './schedule.ts';

function factors(schedule: { kind: string; warmupProportion: number }, totalSteps: number): number[] {
  const factor = learningRateSchedule(schedule);
  return Array.from({ length: totalSteps + 1 }, (_, step) => factor(step, totalSteps));
}

it('warms up from 0 and falls to 0 as warmup_linear does', () => {
  expect(factors({ kind: 'linear', warmupProportion: 0.2 }, 10)).toEqual([
    0, 0.5, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0,
  ]);
});

it('stays where it is after the warm-up when constant', () => {
  expect(factors({ kind: 'constant', warmupProportion: 0.5 }, 4)).toEqual([0, 0.5, 1, 1, 1]);
});

it('starts at once without a warm-up', () => {
  expect(factors({ kind: 'linear', warmupProportion: 0 }, 4)).toEqual([1, 0.75, 0.5, 0.25, 0]);
  expect(factors({ kind: 'constant', warmupProportion: 0 }, 2)).toEqual([1, 1, 1]);
});

it('has a factor at every step when the warm-up takes all of them', () => {
  expect(factors({ kind: 'linear', warmupProportion: 1 }, 2)).toEqual([0, 0.5, 0]);
});

it('agrees with the formula of the reference code', () => {
  const reference = (x: number, warmup: number) => (x < warmup ? x / warmup : Math.max((x - 1) / (warmup - 1), 0));
  factors({ kind: 'linear', warmupProportion: 0.1 }, 37).forEach((factor, step) => {
    expect(factor).toBeCloseTo(reference(step / 37, 0.1), 12);
  });
});
