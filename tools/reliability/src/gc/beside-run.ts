import type { RandomStream } from '@retort/foundation/random';
import { findDifference, type Results, resultsOf } from '../crash/results.ts';
import { type Ended, RetortProcess } from '../crash/retort-process.ts';
import { arenaOf, reference, TrialStore } from '../crash/trial.ts';
import { copyOf, GC, type LitteredStore } from './littered-store.ts';
import { collectAndKill, findDamage, stagesThatRan } from './trial.ts';

export interface BesideReference {
  readonly workspace: string;
  readonly littered: LitteredStore;
  /** Of the whole pipeline, whose first stages the littered store has already. */
  readonly results: Results;
  /** Of one collection. */
  readonly gcSeconds: number;
}

/** @param gcSeconds  how long a collection takes */
export async function besideReference(
  workspace: string,
  littered: LitteredStore,
  gcSeconds: number,
): Promise<BesideReference> {
  const { results } = await reference(arenaOf(workspace));
  return { workspace, littered, results, gcSeconds };
}

/**
 * Runs the pipeline while one collection after the other begins in the same store, every second of which is killed.
 *
 * @returns what did not hold; undefined when the run and everything in the store are as without collections
 */
export async function runBesideGc(
  { workspace, littered, results, gcSeconds }: BesideReference,
  random: RandomStream,
): Promise<{ fault: string | undefined; seen: string }> {
  const copy = copyOf(littered);
  const trial = new TrialStore(arenaOf(workspace), copy.path);
  try {
    const running = trial.start();
    const collections = await collectUntilOver(running, { workspace, store: copy.path, gcSeconds, random });
    const killed = collections.filter(({ signal }) => signal === 'SIGKILL').length;
    const bad = collections.find(({ signal, exitCode }) => signal !== 'SIGKILL' && exitCode !== 0);
    const fault =
      bad === undefined
        ? ((await findDamage(littered, copy.path)) ?? (await findFault(trial, await running.ended, results)))
        : `gc ended with ${bad.exitCode}: ${bad.stderr.slice(-500)}`;
    return { fault, seen: `${collections.length} collections, ${killed} of them killed` };
  } finally {
    copy.remove();
  }
}

interface Collections {
  readonly workspace: string;
  readonly store: string;
  readonly gcSeconds: number;
  readonly random: RandomStream;
}

async function collectUntilOver(
  running: RetortProcess,
  { workspace, store, gcSeconds, random }: Collections,
): Promise<Ended[]> {
  const ended: Ended[] = [];
  while (!running.hasEnded) {
    const kill = ended.length % 2 === 0 ? { seconds: gcSeconds * random.unit() } : undefined;
    ended.push(await collectAndKill(new RetortProcess({ workspace, store, args: GC }), kill));
  }
  return ended;
}

async function findFault(trial: TrialStore, ended: Ended, expected: Results): Promise<string | undefined> {
  const results = resultsOf(ended);
  if (results === undefined) return `the run did not end well: ${ended.stderr.slice(-1000)}`;
  const different = findDifference(expected, results);
  if (different !== undefined) return different;
  const again = stagesThatRan((await trial.finish()).events);
  return again.length === 0 ? trial.findFault(expected) : `${again.join(', ')} had to run again`;
}
