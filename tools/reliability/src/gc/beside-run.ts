import assert from 'node:assert/strict';
import type { RandomStream } from '@retort/foundation/random';
import { type Ended, having, type Results, requireResults, requireSame } from '@retort/lab';
import { arenaOf, TrialStore } from '../crash/trial.ts';
import { inCopy } from './littered-store.ts';
import { collect, type GcReference, requireNoDamage, requireNothingRan } from './trial.ts';

/**
 * Runs the whole pipeline, whose first stages the littered store has already, while one collection after the other begins in the same
 * store, every second of which is killed. The run and everything in the store must be as without collections.
 *
 * @param results  of the whole pipeline
 */
export function runBesideGc(
  { littered, seconds }: GcReference,
  { results, random }: { results: Results; random: RandomStream },
): Promise<string> {
  return inCopy(littered, async (path) => {
    const trial = new TrialStore(arenaOf(littered), path);
    const running = trial.start();
    const collections: Ended[] = [];
    while (!running.hasEnded) {
      const kill = collections.length % 2 === 0 ? { seconds: seconds * random.unit() } : undefined;
      collections.push(await collect(littered, path, kill));
    }
    const killed = collections.filter(({ signal }) => signal === 'SIGKILL').length;
    return having(`${collections.length} collections, ${killed} of them killed`, async () => {
      for (const { signal, exitCode, stderr } of collections)
        assert(signal === 'SIGKILL' || exitCode === 0, `gc ended with ${exitCode}: ${stderr.slice(-500)}`);
      await requireNoDamage(littered, path);
      requireSame(results, requireResults(await running.ended));
      requireNothingRan((await trial.finish()).events);
      await trial.requireDone(results);
    });
  });
}
