import assert from 'node:assert/strict';
import { type Case, lazily, randomOf, roundsOf, type Suite, skip } from '@retort/lab';
import { GC_FAULT_POINTS } from '@retort/store';
import { arenaOf, reference } from '../crash/trial.ts';
import { runBesideGc } from './beside-run.ts';
import { createLitteredStore } from './littered-store.ts';
import { type GcReference, gcReference, killedGc } from './trial.ts';

const ROUNDS = 40;
/** Random moments for each run with collections beside it, which takes as long as many. */
const ROUNDS_FOR_RUN = 4;
const PASSED_ONCE: ReadonlySet<string> = new Set([
  'gc.begun',
  'gc.index-pruned',
  'gc.claims-swept',
  'gc.trash-emptied',
]);
/** Later passes at which each fault point is tried as well. */
const LATER_PASSES = 8;
/** Of a collection's length: before, the command itself is being loaded. */
const FIRST_MOMENT = 0.3;

/** Garbage collection that is killed in the middle, alone and while a run goes on. */
export const gc: Suite = {
  name: 'gc',
  description:
    'gc killed at every fault point and at random moments, also beside a run: nothing needed is lost, the next one cleans up',
  cases: (context) => {
    const alone = lazily(async () => gcReference(await createLitteredStore(context)));
    const wholeRun = lazily(() => reference(arenaOf(context)));
    const rounds = roundsOf(context, ROUNDS);
    const passes = randomOf(context, 'gc-passes');
    const points = GC_FAULT_POINTS.flatMap((point) =>
      (PASSED_ONCE.has(point) ? [1] : [1, 2 + passes.below(LATER_PASSES)]).map((pass) => ({ point, pass })),
    );
    const moments = randomOf(context, 'gc-moments');
    const random = randomOf(context, 'gc-beside-run');
    return [
      ...points.map(
        ({ point, pass }): Case => ({
          name: `gc killed at ${point}:${pass}`,
          run: async () => atPoint(await alone(), point, pass),
        }),
      ),
      ...Array.from({ length: rounds }, (_, round): Case => {
        const part = FIRST_MOMENT + (1 - FIRST_MOMENT) * moments.unit();
        return {
          name: `gc killed at random moment ${round + 1}`,
          run: async () => atMoment(await alone(), part),
        };
      }),
      ...Array.from(
        { length: Math.ceil(rounds / ROUNDS_FOR_RUN) },
        (_, i): Case => ({
          name: `run ${i + 1} with gc beside it`,
          run: async () => runBesideGc(await alone(), { results: (await wholeRun()).results, random }),
        }),
      ),
    ];
  },
};

async function atPoint(gcAlone: GcReference, point: string, pass: number): Promise<void> {
  const wasKilled = await killedGc(gcAlone, { fault: `${point}:${pass}` });
  // A point that is never passed would make this case hold for ever; a late pass may be one that there is not.
  assert(wasKilled || pass > 1, 'gc did not pass this point');
  if (!wasKilled) skip('gc did not pass this point so often');
}

/** @param part  of a collection's length, after which it is killed */
async function atMoment(gcAlone: GcReference, part: number): Promise<string> {
  const seconds = gcAlone.seconds * part;
  const wasKilled = await killedGc(gcAlone, { seconds });
  return wasKilled ? `after ${seconds.toFixed(2)} s` : 'it had ended before';
}
