import assert from 'node:assert/strict';
import { type Case, isOver, lazily, randomOf, roundsOf, type Suite, type SuiteContext, skip } from '@retort/lab';
import type { Harm } from './harm.ts';
import { AFTER_ANOTHER, FAULT_POINTS } from './points.ts';
import { type Arena, arenaOf, inStore, type Reference, reference, type TrialStore } from './trial.ts';

const ROUNDS = 200;
/** Later passes at which each fault point is tried as well: in another stage, or after some checkpoints. */
const LATER_PASSES = 6;

/** Ends runs in every way and at every moment, types the same command again, and compares. */
export const crash: Suite = {
  name: 'crash',
  description:
    'SIGKILL at every fault point and at random moments, SIGTERM, SIGINT; the same command again gives the same bytes',
  cases: (context) => {
    const arena = arenaOf(context);
    const expected = lazily(() => {
      if (process.platform !== 'linux') skip('needs /proc to find the processes of stages');
      return reference(arena);
    });
    const random = randomOf(context, 'fault-passes');
    const passes = FAULT_POINTS.flatMap((point) =>
      [1, 2 + random.below(LATER_PASSES)].map((pass) => ({ kind: 'fault', point, pass }) as const),
    );
    return [
      ...passes.map(
        (harm): Case => ({
          name: `killed at ${harm.point}:${harm.pass}`,
          run: async () => atPoint(arena, await expected(), harm),
        }),
      ),
      { name: 'random moments', run: async () => randomMoments(arena, await expected(), context) },
    ];
  },
};

function atPoint(arena: Arena, { results }: Reference, harm: Harm & { kind: 'fault' }): Promise<void> {
  return inStore(arena, async (store) => {
    const before = AFTER_ANOTHER[harm.point];
    if (before !== undefined) await store.harm({ kind: 'fault', point: before, pass: 1 }, results);
    const { wasHarmed } = await store.harm(harm, results);
    // A point that is never passed would make this case hold for ever; a late pass may be one that no process makes.
    assert(wasHarmed || harm.pass > 1, 'no process passed this point');
    if (!wasHarmed) skip('no process passed this point so often');
    await store.requireDone(results);
  });
}

const KINDS = [
  'kill-runner',
  'kill-runner',
  'kill-runner',
  'kill-stage',
  'terminate',
  'interrupt',
  'interrupt-twice',
] as const;

/** Of a run's length. A run that is ended often costs little each time, and gets on from checkpoint to checkpoint. */
const LATER_MOMENTS = 0.5;
const EARLIEST_SECONDS = 0.3;

/**
 * One store after the other, each harmed until its run is done all the same: first at any moment of the run's length, then in
 * shorter steps through what is left of it.
 */
async function randomMoments(arena: Arena, expected: Reference, context: SuiteContext): Promise<string> {
  const rounds = roundsOf(context, ROUNDS);
  const random = randomOf(context, 'random-moments');
  const faults: string[] = [];
  let [harms, runs] = [0, 0];
  while (harms < rounds && !isOver(context)) {
    const before = harms;
    let part = 1;
    const next = (): Harm | undefined => {
      if (harms >= rounds || isOver(context)) return undefined;
      const seconds = EARLIEST_SECONDS + random.unit() * part * expected.seconds;
      part = LATER_MOMENTS;
      return { kind: random.pick(KINDS), seconds };
    };
    try {
      await inStore(arena, (store) => untilDone(store, expected, { next, onHarmed: () => harms++ }));
    } catch (error) {
      faults.push((error as Error).message);
      if (harms === before) break;
    }
    runs += 1;
    context.say(`${harms} of ${rounds} random moments`);
  }
  assert(faults.length === 0, `${faults.length} of ${runs} runs: ${faults.join('; ')}`);
  return `${harms} in ${runs} runs`;
}

interface Harms {
  /** What is done next; undefined when it is enough. */
  readonly next: () => Harm | undefined;
  readonly onHarmed?: () => void;
}

export async function untilDone(store: TrialStore, { results }: Reference, { next, onHarmed }: Harms): Promise<void> {
  for (let harm = next(); harm !== undefined; harm = next()) {
    const { wasHarmed, isDone } = await store.harm(harm, results);
    if (wasHarmed) onHarmed?.();
    if (isDone) break;
  }
  await store.requireDone(results);
}
