import { CASES, expectedOf, largest, type Results, SUITES, worstDifference } from '@retort/conformance';
import { isHere } from '@retort/engine/testing';
import { describe, expect, it } from 'vitest';

const isTested = ({ name }: { name: string }) => isHere(name as Parameters<typeof isHere>[0]);

describe.each(SUITES.filter(isTested))('$description:', ({ cases }) => {
  it.each(cases(undefined as never))('$name', async ({ run }) => void (await run()));
});

for (const { name } of SUITES.filter((each) => !isTested(each)))
  it.skip(`${name} agrees with cpu (it is not set up here)`, () => {});

describe('the suite', () => {
  it('sees a difference of a ten-thousandth in any one number', async () => {
    for (const each of CASES.filter(({ tolerance }) => tolerance.limit <= 1e-5)) {
      const right = await expectedOf(each);
      const [name, values] = largestOf(right);
      const wrong = Float64Array.from(values);
      wrong[0] = (wrong[0] as number) + 1e-4 * largest(values);
      const { size } = worstDifference({ ...right, [name]: wrong }, right, each.tolerance);
      expect(size, each.name).toBeGreaterThan(each.tolerance.limit);
    }
  });

  it('sees a result that is missing, too much, too short or not a number', async () => {
    const tolerance = { limit: 1, floor: 1 };
    const right = { a: [1, 2] };
    for (const wrong of [{}, { a: [1, 2], b: [1] }, { a: [1] }, { a: [1, Number.NaN] }])
      expect(worstDifference(wrong, right, tolerance).size).toBe(Number.POSITIVE_INFINITY);
  });

  it('names every case differently', () => {
    expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
  });
});

function largestOf(results: Results): [string, ArrayLike<number>] {
  return Object.entries(results).reduce((a, b) => (largest(b[1]) > largest(a[1]) ? b : a));
}
