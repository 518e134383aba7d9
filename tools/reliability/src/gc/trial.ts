import assert from 'node:assert/strict';
import {
  type Ended,
  endOf,
  RetortProcess,
  requireNoStackTrace,
  requireResults,
  requireSame,
  retort,
} from '@retort/lab';
import type { RunEvent } from '@retort/pipeline-runner';
import { ArtifactStore } from '@retort/store';
import { GC, inCopy, type LitteredStore, lastingFiles, RUN } from './littered-store.ts';

/** How a collection is killed. */
export type Kill = { readonly fault: string } | { readonly seconds: number };

export interface GcReference {
  readonly littered: LitteredStore;
  /** What lasts when nobody kills anything. */
  readonly files: readonly string[];
  /** Of one collection. */
  readonly seconds: number;
}

/** @throws Error when a collection that nobody kills does not do what it must */
export function gcReference(littered: LitteredStore): Promise<GcReference> {
  return inCopy(littered, async (store) => {
    const before = lastingFiles(store);
    const ended = await collect(littered, store);
    assert.equal(ended.exitCode, 0, `gc that nobody kills did not end well:\n${ended.stderr}`);
    const files = lastingFiles(store);
    assert(files.length < before.length, 'gc that nobody kills removes nothing');
    await requireNoLoss(littered, store);
    return { littered, files, seconds: ended.seconds };
  });
}

/**
 * Kills a collection. All that is needed must be there, and the next collection must clean up.
 *
 * @returns whether it was killed before its end
 */
export function killedGc({ littered, files }: GcReference, kill: Kill): Promise<boolean> {
  return inCopy(littered, async (store) => {
    const ended = await collect(littered, store, kill);
    const wasKilled = ended.signal === 'SIGKILL';
    assert(wasKilled || ended.exitCode === 0, `gc ended with ${endOf(ended)}`);
    await requireNoLoss(littered, store);
    await requireCleanUp(littered, { store, files });
    return wasKilled;
  });
}

/** Collects, and is killed when a moment or a fault is given. */
export async function collect({ workspace }: LitteredStore, store: string, kill?: Kill): Promise<Ended> {
  const fault = kill !== undefined && 'fault' in kill ? kill.fault : undefined;
  const collection = new RetortProcess({ workspace, store, args: GC, fault });
  const moment = kill !== undefined && 'seconds' in kill ? kill.seconds * 1000 : undefined;
  const timer = moment === undefined ? undefined : setTimeout(() => collection.signal('SIGKILL'), moment);
  const ended = await collection.ended;
  clearTimeout(timer);
  return ended;
}

/** The store is whole, the pin keeps its artifact, and the run that is kept takes everything from the store. */
async function requireNoLoss(littered: LitteredStore, store: string): Promise<void> {
  await requireNoDamage(littered, store);
  const ran = await retort({ workspace: littered.workspace, store, args: RUN });
  requireNoStackTrace(ran);
  requireSame(littered.results, requireResults(ran, 'the run that is kept'));
  requireNothingRan(ran.events);
}

/** All is whole, and what a pin keeps is there. */
export async function requireNoDamage({ pinned }: LitteredStore, path: string): Promise<void> {
  const store = new ArtifactStore(path);
  const { problems } = await store.verify({ dryRun: true });
  // An index of records is pruned line by line; one that has a line too much is what a kill may leave.
  const problem = problems.find(({ kind }) => kind !== 'record-index');
  assert(!problem, `${problem?.kind} ${problem?.name}: ${problem?.damage}`);
  assert(await store.hasArtifact(pinned), 'what a pin keeps is gone');
}

export function requireNothingRan(events: readonly RunEvent[]): void {
  const ran = events.flatMap((event) => (event.event === 'stage-started' ? [event.stage] : []));
  assert(ran.length === 0, `${ran.join(', ')} had to run again`);
}

/** The next collection leaves what one leaves that nobody killed. */
async function requireCleanUp(
  littered: LitteredStore,
  { store, files }: { store: string; files: readonly string[] },
): Promise<void> {
  const ended = await collect(littered, store);
  assert.equal(ended.exitCode, 0, `the next gc ended with ${endOf(ended)}: ${ended.stderr.slice(-500)}`);
  const left = lastingFiles(store);
  const surplus = left.find((file) => !files.includes(file));
  assert(surplus === undefined, `the next gc left ${surplus}`);
  const missing = files.find((file) => !left.includes(file));
  assert(missing === undefined, `${missing} is gone`);
}
