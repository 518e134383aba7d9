import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Suite, SuiteCase, SuiteSettings } from '../suite.ts';
import { type Condition, conditions, REFERENCE } from './conditions.ts';
import { differences, type Results, runUnder } from './run-under.ts';

/** The same pipeline under conditions that must not matter, byte for byte; and under two that must. */
export const determinism: Suite = {
  name: 'determinism',
  description: 'the same pipeline with other threads, jobs, paths, time zone and locale: the same bytes',
  run: async (settings) => {
    const folder = await mkdtemp(join(tmpdir(), 'retort-determinism-'));
    try {
      return await tryAll(folder, settings);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function tryAll(folder: string, { workspace, seconds, say }: SuiteSettings): Promise<SuiteCase[]> {
  const startedAt = performance.now();
  let count = 0;
  const run = async (condition: Condition) => {
    say(`running under: ${condition.name}`);
    count++;
    const place = join(folder, String(count));
    const results = await runUnder(condition, { workspace, folder: place });
    await rm(place, { recursive: true, force: true });
    return results;
  };
  const reference = await run(REFERENCE);
  const cases: SuiteCase[] = [];
  for (const condition of conditions()) {
    const isLate = seconds !== undefined && performance.now() - startedAt > seconds * 1000;
    const skipped = condition.skipped ?? (isLate ? 'no time left' : undefined);
    cases.push(
      skipped === undefined
        ? sameResults(condition.name, reference, await run(condition))
        : { name: condition.name, status: 'skipped', detail: skipped },
    );
  }
  const [seed, engine] = [
    ['--set', 'seed=43'],
    ['--engine', 'cpu'],
  ];
  cases.push(otherKeys('another seed has other keys', reference, await run({ name: 'another seed', args: seed })));
  cases.push(
    otherKeys('another engine has other keys', reference, await run({ name: 'another engine', args: engine })),
  );
  return cases;
}

/** Keys, digests and figures are all the same. */
export function sameResults(name: string, reference: Results, results: Results): SuiteCase {
  const differing = differences(reference, results);
  const [first] = differing;
  if (first === undefined)
    return { name, status: 'held', detail: `${Object.keys(reference).length} keys, digests and figures` };
  const detail = `${differing.length} differ, first ${first}: ${reference[first]} and ${results[first]}`;
  return { name, status: 'failed', detail };
}

/** What may change bytes is in the key: every stage with other bytes has another key, and there is one. */
export function otherKeys(name: string, reference: Results, results: Results): SuiteCase {
  const differing = differences(reference, results);
  const stages = new Set(differing.map((each) => each.split(/[. ]/)[0] as string));
  const silent = [...stages].filter((stage) => !differing.includes(`${stage} key`));
  if (stages.size === 0) return { name, status: 'failed', detail: 'nothing differs, so that this suite sees nothing' };
  if (silent.length > 0)
    return { name, status: 'failed', detail: `other bytes under the same key: ${silent.join(', ')}` };
  return { name, status: 'held', detail: `${stages.size} stages` };
}
