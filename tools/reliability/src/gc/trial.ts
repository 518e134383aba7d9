import type { RunEvent } from '@retort/pipeline-runner';
import { ArtifactStore } from '@retort/store';
import { type CommandEnd, digestsOf, findStackTrace, retort } from '../command.ts';
import { type Ended, RetortProcess } from '../crash/retort-process.ts';
import { copyOf, GC, type LitteredStore, lastingFiles, RUN } from './littered-store.ts';

/** How a collection is killed. */
export type Kill = { readonly fault: string } | { readonly seconds: number };

export interface GcReference {
  readonly workspace: string;
  readonly littered: LitteredStore;
  /** What lasts when nobody kills anything. */
  readonly files: readonly string[];
  /** Of one collection. */
  readonly seconds: number;
}

/** @throws Error when a collection that nobody kills does not do what it must */
export async function gcReference(workspace: string, littered: LitteredStore): Promise<GcReference> {
  const copy = copyOf(littered);
  const before = lastingFiles(copy.path);
  try {
    const ended = await new RetortProcess({ workspace, store: copy.path, args: GC }).ended;
    if (ended.exitCode !== 0) throw new Error(`gc that nobody kills did not end well:\n${ended.stderr}`);
    const files = lastingFiles(copy.path);
    if (files.length >= before.length) throw new Error('gc that nobody kills removes nothing');
    const reference = { workspace, littered, files, seconds: ended.seconds };
    const fault = await findLoss(reference, copy.path);
    if (fault !== undefined) throw new Error(`gc that nobody kills: ${fault}`);
    return reference;
  } finally {
    copy.remove();
  }
}

/** Kills a collection, and looks whether all that is needed is there, and whether the next one cleans up. */
export async function killedGc(
  reference: GcReference,
  kill: Kill,
): Promise<{ wasKilled: boolean; fault: string | undefined }> {
  const copy = copyOf(reference.littered);
  try {
    const fault = 'fault' in kill ? kill.fault : undefined;
    const collection = new RetortProcess({ workspace: reference.workspace, store: copy.path, args: GC, fault });
    const ended = await collectAndKill(collection, kill);
    const wasKilled = ended.signal === 'SIGKILL';
    if (!wasKilled && ended.exitCode !== 0) return { wasKilled, fault: `gc ended with ${ended.exitCode}` };
    return { wasKilled, fault: (await findLoss(reference, copy.path)) ?? (await findRest(reference, copy.path)) };
  } finally {
    copy.remove();
  }
}

/** Waits for a collection's end, and kills it when a moment is given. */
export async function collectAndKill(collection: RetortProcess, kill?: Kill): Promise<Ended> {
  const moment = kill !== undefined && 'seconds' in kill ? kill.seconds * 1000 : undefined;
  const timer = moment === undefined ? undefined : setTimeout(() => collection.signal('SIGKILL'), moment);
  const ended = await collection.ended;
  clearTimeout(timer);
  return ended;
}

/** The store is whole, the pin keeps its artifact, and the run that is kept takes everything from the store. */
async function findLoss({ workspace, littered }: GcReference, path: string): Promise<string | undefined> {
  const damage = await findDamage(littered, path);
  if (damage !== undefined) return damage;
  const ran = await retort({ workspace, store: path, args: RUN });
  const found = digestsOf(ran);
  if (found === undefined) return findStackTrace(ran) ?? `the run that is kept ended with ${ran.exitCode}`;
  const other = Object.keys(littered.digests).find((port) => found[port] !== littered.digests[port]);
  if (other !== undefined) return `${other} has other bytes`;
  const again = stagesThatRan(eventsOf(ran));
  return again.length === 0 ? undefined : `${again.join(', ')} had to run again`;
}

/** What is not whole, or gone although a pin keeps it. */
export async function findDamage({ pinned }: LitteredStore, path: string): Promise<string | undefined> {
  const store = new ArtifactStore(path);
  const { problems } = await store.verify({ dryRun: true });
  // An index of records is pruned line by line; one that has a line too much is what a kill may leave.
  const problem = problems.find(({ kind }) => kind !== 'record-index');
  if (problem !== undefined) return `${problem.kind} ${problem.name}: ${problem.damage}`;
  return (await store.hasArtifact(pinned)) ? undefined : 'what a pin keeps is gone';
}

function eventsOf({ stdout }: CommandEnd): RunEvent[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);
}

export function stagesThatRan(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) => (event.event === 'stage-started' ? [event.stage] : []));
}

/** The next collection leaves what one leaves that nobody killed. */
async function findRest({ workspace, files }: GcReference, store: string): Promise<string | undefined> {
  const ended = await retort({ workspace, store, args: GC });
  if (ended.exitCode !== 0) return `the next gc ended with ${ended.exitCode}: ${ended.stderr.slice(-500)}`;
  const left = lastingFiles(store);
  const surplus = left.find((file) => !files.includes(file));
  if (surplus !== undefined) return `the next gc left ${surplus}`;
  const missing = files.find((file) => !left.includes(file));
  return missing === undefined ? undefined : `${missing} is gone`;
}
