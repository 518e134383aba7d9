import assert from 'node:assert/strict';
import { createEngine } from '@retort/engine';
import { isHere, PROCESSOR_ENGINES } from '@retort/engine/testing';
import { lazily, type Suite, skip } from '@retort/lab';
import { CASES } from './cases/index.ts';
import { type ConformanceCase, type Results, worstDifference } from './conformance-case.ts';

const ORACLE = 'cpu';
const oracle = lazily(() => createEngine(ORACLE));
const expected = new Map<ConformanceCase, Promise<Results>>();

/** What the oracle computes, once for all engines. */
export async function expectedOf(each: ConformanceCase): Promise<Results> {
  const known = expected.get(each) ?? each.compute(await oracle());
  expected.set(each, known);
  return known;
}

/** A suite for each engine: every case of the one table. */
export const SUITES: readonly Suite[] = PROCESSOR_ENGINES.filter((name) => name !== ORACLE).map((name) => {
  const engine = lazily(() => createEngine(name, { threads: 1 }));
  return {
    name,
    description: `the engine ${name} computes what ${ORACLE} does`,
    cases: () =>
      CASES.map((each) => ({
        name: each.name,
        run: async () => {
          if (!isHere(name)) skip(`${name} is not set up here`);
          const { limit } = each.tolerance;
          const worst = worstDifference(await each.compute(await engine()), await expectedOf(each), each.tolerance);
          assert(worst.size <= limit, `${worst.name} is off by ${worst.size}, expected at most ${limit}`);
          return `at most ${worst.size.toPrecision(2)}, allowed ${limit}`;
        },
      })),
  };
});
