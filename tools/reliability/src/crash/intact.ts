import { registry } from '@retort/cli/registry';
import { ArtifactStore } from '@retort/store';
import { type Results, resultsOfStage } from './results.ts';

/** Indexes only help to say why a stage runs, and are mended: a kill may cost a line of one. */
const MENDED: ReadonlySet<string> = new Set(['record-index', 'memo']);

/**
 * What is wrong with a store whose run was ended in the middle; undefined when all that it holds is whole, and every result
 * that is recorded so far is the one of a run without harm.
 */
export async function findHarmDone(path: string, expected: Results): Promise<string | undefined> {
  const store = new ArtifactStore(path);
  const { problems } = await store.verify({ dryRun: true });
  const problem = problems.find(({ kind }) => !MENDED.has(kind));
  if (problem !== undefined) return `the store has a damaged ${problem.kind} ${problem.name}: ${problem.damage}`;
  const recorded = await recordedResults(store);
  const wrong = Object.keys(recorded).find((name) => recorded[name] !== expected[name]);
  return wrong === undefined ? undefined : `${wrong} is ${recorded[wrong]}, without harm ${expected[wrong]}`;
}

async function recordedResults(store: ArtifactStore): Promise<Results> {
  const results: Record<string, string | number> = {};
  for (const kind of registry.keys()) {
    for (const { provenance, outputs, metrics } of await store.recentRecords(kind))
      Object.assign(results, resultsOfStage({ id: String(provenance['stage']), outputs, metrics }));
  }
  return results;
}
