import { RandomStream, streamKey } from '@retort/foundation/random';
import { isWanted, type Suite, type SuiteCase, type SuiteSettings } from '../suite.ts';
import type { Harm } from './harm.ts';
import { AFTER_ANOTHER, FAULT_POINTS } from './points.ts';
import { type Arena, arenaOf, type Reference, reference, TrialStore } from './trial.ts';

const ROUNDS = 200;
const RANDOM_MOMENTS = 'random moments';
/** Later passes at which each fault point is tried as well: in another stage, or after some checkpoints. */
const LATER_PASSES = 6;

/** Ends runs in every way and at every moment, types the same command again, and compares. */
export const crash: Suite = {
  name: 'crash',
  description:
    'SIGKILL at every fault point and at random moments, SIGTERM, SIGINT; the same command again gives the same bytes',
  hasNamedCases: true,
  run: async (settings) => {
    if (process.platform !== 'linux') {
      return [{ name: 'crash', status: 'skipped', detail: 'needs /proc to find the processes of stages' }];
    }
    const arena = arenaOf(settings.workspace);
    const expected = await reference(arena);
    settings.say(`without harm the run takes ${expected.seconds.toFixed(1)} s`);
    const points = await eachPoint(arena, expected, settings);
    const isRandomToo = isWanted(RANDOM_MOMENTS, settings);
    return isRandomToo ? [...points, ...(await randomMoments(arena, expected, settings))] : points;
  },
};

async function eachPoint(arena: Arena, expected: Reference, settings: SuiteSettings): Promise<SuiteCase[]> {
  const random = new RandomStream(streamKey(settings.seed, 'fault-passes'));
  const cases: SuiteCase[] = [];
  for (const point of FAULT_POINTS) {
    for (const pass of [1, 2 + random.below(LATER_PASSES)]) {
      if (!isWanted(nameOfPoint({ point, pass }), settings)) continue;
      const each = await atPoint(arena, expected, { kind: 'fault', point, pass });
      settings.say(`${each.name}  ${each.status}${each.detail === undefined ? '' : `: ${each.detail}`}`);
      cases.push(each);
    }
  }
  return cases;
}

function nameOfPoint({ point, pass }: { point: string; pass: number }): string {
  return `killed at ${point}:${pass}`;
}

async function atPoint(arena: Arena, { results }: Reference, harm: Harm & { kind: 'fault' }): Promise<SuiteCase> {
  const name = nameOfPoint(harm);
  const store = new TrialStore(arena);
  try {
    const before = AFTER_ANOTHER[harm.point];
    if (before !== undefined) await store.harm({ kind: 'fault', point: before, pass: 1 }, results);
    const { wasHarmed, fault } = await store.harm(harm, results);
    // A point that is never passed would make this case hold for ever; a late pass may be one that no process makes.
    if (!wasHarmed && harm.pass === 1) return { name, status: 'failed', detail: 'no process passed this point' };
    if (!wasHarmed) return { name, status: 'skipped', detail: 'no process passed this point so often' };
    return caseOf(name, fault ?? (await store.findFault(results)));
  } finally {
    store.remove();
  }
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
async function randomMoments(arena: Arena, expected: Reference, settings: SuiteSettings): Promise<SuiteCase[]> {
  const { rounds = ROUNDS, seconds = Number.POSITIVE_INFINITY, seed, say } = settings;
  const random = new RandomStream(streamKey(seed, 'random-moments'));
  const until = performance.now() + seconds * 1000;
  const cases: SuiteCase[] = [];
  let harms = 0;
  while (harms < rounds && performance.now() < until) {
    let part = 1;
    let ofThis = 0;
    const next = (): Harm | undefined => {
      if (harms + ofThis >= rounds || performance.now() >= until) return undefined;
      const seconds = EARLIEST_SECONDS + random.unit() * part * expected.seconds;
      [part, ofThis] = [LATER_MOMENTS, ofThis + 1];
      return { kind: random.pick(KINDS), seconds };
    };
    const store = new TrialStore(arena);
    try {
      const { count, fault } = await untilDone(store, expected, next);
      harms += count;
      cases.push(caseOf(`${count} ${RANDOM_MOMENTS} of one run`, fault));
      if (count === 0 && fault !== undefined) break;
    } finally {
      store.remove();
    }
    say(`${harms} of ${rounds} ${RANDOM_MOMENTS}`);
  }
  return cases;
}

/** @param next  what is done next; undefined when it is enough */
export async function untilDone(
  store: TrialStore,
  { results }: Reference,
  next: () => Harm | undefined,
): Promise<{ count: number; fault: string | undefined }> {
  let count = 0;
  for (let harm = next(); harm !== undefined; harm = next()) {
    const { wasHarmed, isDone, fault } = await store.harm(harm, results);
    if (wasHarmed) count += 1;
    if (fault !== undefined) return { count, fault };
    if (isDone) break;
  }
  return { count, fault: await store.findFault(results) };
}

function caseOf(name: string, fault: string | undefined): SuiteCase {
  return fault === undefined ? { name, status: 'held' } : { name, status: 'failed', detail: fault };
}
