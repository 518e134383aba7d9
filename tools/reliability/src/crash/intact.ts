import assert from 'node:assert/strict';
import { registry } from '@retort/cli/registry';
import { type Results, resultsOfStage } from '@retort/lab';
import { ArtifactStore } from '@retort/store';

/** Indexes only help to say why a stage runs, and are mended: a kill may cost a line of one. */
const MENDED: ReadonlySet<string> = new Set(['record-index', 'memo']);

/**
 * A store whose run was ended in the middle: all that it holds must be whole, and every result that is recorded so far the one of a
 * run without harm.
 */
export async function requireIntact(path: string, expected: Results): Promise<void> {
  const store = new ArtifactStore(path);
  const { problems } = await store.verify({ dryRun: true });
  const problem = problems.find(({ kind }) => !MENDED.has(kind));
  assert(!problem, `the store has a damaged ${problem?.kind} ${problem?.name}: ${problem?.damage}`);
  for (const kind of registry.keys())
    for (const { key, provenance, outputs, metrics } of await store.recentRecords(kind)) {
      const recorded = resultsOfStage({ id: String(provenance['stage']), key, outputs, metrics });
      for (const [name, value] of Object.entries(recorded))
        assert.equal(value, expected[name], `${name} is ${value}, without harm ${expected[name]}`);
    }
}
