import { CASES, type ConformanceCase, largest, type Results, worstDifference } from '@retort/conformance';
import { createEngine } from '@retort/engine';
import { isHere, PROCESSOR_ENGINES } from '@retort/engine/testing';
import { describe, expect, it } from 'vitest';

const ORACLE = 'cpu';
const TESTED = PROCESSOR_ENGINES.filter((name) => name !== ORACLE);
const oracle = createEngine(ORACLE);
const expected = new Map<ConformanceCase, Promise<Results>>();

async function expectedOf(each: ConformanceCase): Promise<Results> {
  const known = expected.get(each) ?? each.compute(await oracle);
  expected.set(each, known);
  return known;
}

describe.each(TESTED.filter(isHere))('%s agrees with cpu on', (name) => {
  const engine = createEngine(name, { threads: 1 });

  it.each(CASES)('$name', async (each) => {
    const difference = worstDifference(await each.compute(await engine), await expectedOf(each), each.tolerance);
    expect(difference.size, `${difference.name} is off`).toBeLessThanOrEqual(each.tolerance.limit);
  });
});

for (const name of TESTED.filter((each) => !isHere(each)))
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
