import { RelativeError } from '@retort/training/metrics';
import { array, assert, double, integer, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';

const WIDTH = 3;
/** Two rows first that differ, so that there is a spread. */
const numbers = array(tuple(...Array.from({ length: WIDTH }, () => double({ min: -10, max: 10, noNaN: true })))).map(
  (rows) => [[0, 0, 0], [5, 5, 5], ...rows].flat(),
);

/** Off by something else in every row. */
const coarse = (values: readonly number[]) => values.map((value) => value + Math.sin(7 * value) / 10);

function errorOf(exact: readonly number[], got: readonly number[], rowsAtATime = exact.length): RelativeError {
  const error = new RelativeError();
  for (let from = 0; from < exact.length; from += rowsAtATime * WIDTH) {
    const to = from + rowsAtATime * WIDTH;
    error.add(exact.slice(from, to), got.slice(from, to), { width: WIDTH });
  }
  return error;
}

describe('a relative error', () => {
  it('does not depend on what all rows have in common, nor on batches', () => {
    assert(
      property(numbers, integer({ min: -1000, max: 1000 }), integer({ min: 1, max: 7 }), (exact, common, rows) => {
        const got = coarse(exact);
        const shifted = (values: readonly number[]) => values.map((value, i) => value + common * (i % WIDTH));
        expect(errorOf(shifted(exact), shifted(got), rows).ofSpread).toBeCloseTo(errorOf(exact, got).ofSpread, 8);
      }),
    );
  });

  it('is the root mean square of differences over the standard deviation', () => {
    const error = new RelativeError();
    error.add([2, 4, 6], [2.5, 4, 5.5], { width: 1 });
    expect(error.ofSpread).toBeCloseTo(Math.sqrt(0.5 / 8), 12);
    expect(error.ofSize).toBeCloseTo(Math.sqrt(0.5 / 56), 12);
  });

  it('is 0 for the same values, and of their size where nothing spreads', () => {
    expect(errorOf([1, 2, 3, 1, 2, 3], [1, 2, 3, 1, 2, 3]).ofSpread).toBe(0);
    expect(errorOf([3, 4, 0], [3, 4.5, 0]).ofSpread).toBeCloseTo(0.1, 12);
  });

  it('is no number where a value is none', () => {
    expect(errorOf([1, 2, 3, 4, 5, 6], [1, Number.NaN, 3, 4, 5, 6]).ofSpread).toBeNaN();
  });
});
