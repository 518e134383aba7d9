import {
  DEFAULT_TOLERANCES,
  isWithin,
  measureArrays,
  measureNumbers,
  readTolerances,
} from '@retort/pipeline-comparison';
import { describe, expect, test } from 'vitest';

describe('a measured difference', () => {
  test('is the largest of all elements, and its part of the largest magnitude on either side', () => {
    const measured = measureArrays(Float32Array.of(1, -4, 2), Float32Array.of(1.5, -4, 1));
    expect(measured).toEqual({ absolute: 1, relative: 0.25 });
  });

  test('of equal values is 0, also of zeros, infinities and NaN', () => {
    const values = [0, Number.POSITIVE_INFINITY, Number.NaN];
    expect(measureArrays(values, values)).toEqual({ absolute: 0, relative: 0 });
  });

  test.each([
    ['another length', [1, 2], [1]],
    ['a value that became NaN', [1, 2], [1, Number.NaN]],
    ['a value that became infinite', [1], [Number.NEGATIVE_INFINITY]],
  ])('is infinite for %s', (_what, before, after) => {
    const measured = measureArrays(before, after);
    expect(measured).toEqual({ absolute: Number.POSITIVE_INFINITY, relative: Number.POSITIVE_INFINITY });
    expect(isWithin(measured, { absolute: 1e300, relative: 1e300 })).toBe(false);
  });

  test('of numbers is within when either bound holds', () => {
    const tolerance = { absolute: 0.01, relative: 0.1 };
    expect(isWithin(measureNumbers(100, 105), tolerance)).toBe(true);
    expect(isWithin(measureNumbers(0.001, 0.009), tolerance)).toBe(true);
    expect(isWithin(measureNumbers(1, 1.2), tolerance)).toBe(false);
  });
});

test('tolerances are given by name, over the defaults', () => {
  expect(readTolerances(['weights.relative=0.5', 'metrics.absolute=0'])).toEqual({
    ...DEFAULT_TOLERANCES,
    weights: { absolute: DEFAULT_TOLERANCES.weights.absolute, relative: 0.5 },
    metrics: { absolute: 0, relative: DEFAULT_TOLERANCES.metrics.relative },
  });
  expect(() => readTolerances(['weights.relatve=1'])).toThrow('Did you mean "weights.relative"?');
  expect(() => readTolerances(['weights.relative=much'])).toThrow('got "much"');
});
