import { type ScheduledValue, valueAt } from '@retort/distillation/loss-block';
import { describe, expect, it } from 'vitest';

const TOTAL = 5;

function values(value: ScheduledValue): number[] {
  return Array.from({ length: TOTAL }, (_, step) => valueAt(value, { step, totalSteps: TOTAL }));
}

const moving = { kind: 'linear', from: 1, to: 0, unit: 'fraction', begin: 0 } as const;

describe('a value over five steps', () => {
  it.each<[string, ScheduledValue, number[]]>([
    ['a number', 2, [2, 2, 2, 2, 2]],
    ['constant', { kind: 'constant', value: 2 }, [2, 2, 2, 2, 2]],
    ['linear, from the first step to the last', moving, [1, 0.75, 0.5, 0.25, 0]],
    ['linear, in the middle half', { ...moving, begin: 0.25, end: 0.75 }, [1, 1, 0.5, 0, 0]],
    ['linear, over steps', { ...moving, unit: 'steps', begin: 1, end: 3 }, [1, 1, 0.5, 0, 0]],
    ['linear, from a step to the end', { ...moving, unit: 'steps', begin: 2 }, [1, 1, 1, 0.5, 0]],
    ['linear, at once', { ...moving, begin: 0.5, end: 0.5 }, [1, 1, 0, 0, 0]],
    ['rising', { ...moving, from: 2, to: 4 }, [2, 2.5, 3, 3.5, 4]],
    [
      'step, by fractions',
      {
        kind: 'step',
        from: 5,
        unit: 'fraction',
        changes: [
          { at: 0.5, to: 2 },
          { at: 1, to: 1 },
        ],
      },
      [5, 5, 2, 2, 1],
    ],
    ['step, by steps', { kind: 'step', from: 0, unit: 'steps', changes: [{ at: 3, to: 1 }] }, [0, 0, 0, 1, 1]],
  ])('%s', (_, value, expected) => {
    expect(values(value)).toEqual(expected);
  });

  it('cosine, slow at both ends', () => {
    const half = Math.SQRT1_2 / 2;
    values({ ...moving, kind: 'cosine' }).forEach((value, step) => {
      expect(value).toBeCloseTo([1, 0.5 + half, 0.5, 0.5 - half, 0][step] as number, 12);
    });
  });

  it('has its first value when there is a single step', () => {
    expect(valueAt(moving, { step: 0, totalSteps: 1 })).toBe(1);
  });
});
