import { join, relative } from 'node:path';
import { leftoverAttempts } from '../attempts.ts';
import type { Claims } from '../claims.ts';
import { statOf } from '../files.ts';
import type { StoreLayout } from '../layout.ts';
import { entriesOf, namesByPrefix } from '../walk.ts';
import type { GarbageItem, GarbageOptions } from './garbage.ts';
import { sizeOf } from './sizes.ts';
import type { InFlight, RunUse } from './uses.ts';

const DAY = 86_400;
const QUARANTINE_SECONDS = 7 * DAY;
const CHECKPOINT_SECONDS = 14 * DAY;
/** A temporary file this old has been forgotten, whoever wrote it. */
const TEMPORARY_SECONDS = 3600;

interface Surroundings {
  readonly layout: StoreLayout;
  readonly claims: Claims;
  readonly flight: InFlight;
  readonly runs: readonly RunUse[];
  readonly options: GarbageOptions;
  readonly isRecorded: (key: string) => boolean;
}

/** What crashes left behind and what has outlived its purpose. It goes whatever the budget. */
export async function leftovers(surroundings: Surroundings): Promise<GarbageItem[]> {
  const groups = await Promise.all([
    attempts(surroundings),
    deadClaims(surroundings),
    presences(surroundings),
    checkpoints(surroundings),
    quarantined(surroundings),
    temporaries(surroundings),
    memos(surroundings),
  ]);
  return groups.flat();
}

async function attempts({ layout, flight }: Surroundings): Promise<GarbageItem[]> {
  const paths = await leftoverAttempts(layout, () => flight.isShared);
  return Promise.all(paths.map((path) => item(layout, 'attempt', path, 'its process died')));
}

async function deadClaims({ layout, claims }: Surroundings): Promise<GarbageItem[]> {
  const why = 'its holder died';
  return Promise.all(
    (await claims.dead()).map(async (key) => ({
      kind: 'claim',
      name: key,
      bytes: await sizeOf(layout, layout.claim(key)),
      why,
    })),
  );
}

async function presences({ runs }: Surroundings): Promise<GarbageItem[]> {
  const dead = runs.filter(({ state }) => state === 'dead');
  return dead.map(({ run }) => ({ kind: 'presence', name: run, bytes: 0, why: 'the process of the run died' }));
}

/** Those of a recorded key were about to be removed. Others let an interrupted stage go on. */
async function checkpoints({ layout, flight, options, isRecorded }: Surroundings): Promise<GarbageItem[]> {
  const items: GarbageItem[] = [];
  const seconds = options.olderThanSeconds ?? CHECKPOINT_SECONDS;
  for (const key of await namesByPrefix(layout, layout.checkpoints)) {
    if (flight.claimed.has(key)) continue;
    const path = layout.checkpoint(key);
    const why = isRecorded(key) ? 'its stage has ended' : `not used for ${daysText(seconds)}`;
    if (isRecorded(key) || (await isOlder(layout, path, seconds)))
      items.push(await item(layout, 'checkpoint', path, why, key));
  }
  return items;
}

async function quarantined({ layout, options }: Surroundings): Promise<GarbageItem[]> {
  const items: GarbageItem[] = [];
  const seconds = options.olderThanSeconds ?? QUARANTINE_SECONDS;
  for (const { name } of await entriesOf(layout, layout.quarantine)) {
    const path = join(layout.quarantine, name);
    if (await isOlder(layout, path, seconds))
      items.push(await item(layout, 'quarantine', path, `in quarantine for ${daysText(seconds)} or more`));
  }
  return items;
}

async function temporaries({ layout, flight }: Surroundings): Promise<GarbageItem[]> {
  const paths = (await entriesOf(layout, layout.trash)).map(({ name }) => join(layout.trash, name));
  for (const folder of await foldersOfTemporaries(layout, flight)) {
    for (const entry of await entriesOf(layout, folder)) {
      const path = join(folder, entry.name);
      if (entry.name.endsWith('.tmp') && (await isForgotten(layout, path, flight))) paths.push(path);
    }
  }
  return Promise.all(paths.map((path) => item(layout, 'temporary', path, 'incomplete')));
}

async function memos({ layout }: Surroundings): Promise<GarbageItem[]> {
  const digests = await namesByPrefix(layout, join(layout.root, 'memo', 'verified'));
  const isThere = await Promise.all(digests.map((digest) => statOf(layout.artifact(digest))));
  const paths = digests.filter((_, i) => isThere[i] === undefined).map((digest) => layout.verified(digest));
  return Promise.all(paths.map((path) => item(layout, 'temporary', path, 'its artifact was deleted')));
}

/** Every folder in which something is written beside its place. */
async function foldersOfTemporaries(layout: StoreLayout, flight: InFlight): Promise<string[]> {
  const top = (...names: string[]) => join(layout.root, ...names);
  const parents = [top('records'), top('artifacts'), top('memo', 'verified'), layout.runs];
  const below = await Promise.all(
    parents.map(async (parent) => (await entriesOf(layout, parent)).map(({ name }) => join(parent, name))),
  );
  const keys = (await namesByPrefix(layout, layout.checkpoints)).filter((key) => !flight.claimed.has(key));
  return [...parents, ...below.flat(), layout.claims, layout.pins, ...keys.map((key) => layout.checkpoint(key))];
}

/** The name holds the process that writes it; see `writeAtomically`. */
async function isForgotten(layout: StoreLayout, path: string, { isShared }: InFlight): Promise<boolean> {
  if (await isOlder(layout, path, TEMPORARY_SECONDS)) return true;
  const pid = Number(/\.(\d+)-[0-9a-f]+\.tmp$/.exec(path)?.[1]);
  return !isShared && Number.isSafeInteger(pid) && !isProcess(pid);
}

function isProcess(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** By the newest file in it. */
async function isOlder(layout: StoreLayout, path: string, seconds: number): Promise<boolean> {
  const newest = await newestChange(layout, path);
  return newest !== undefined && Date.now() - newest > seconds * 1000;
}

async function newestChange(layout: StoreLayout, path: string): Promise<number | undefined> {
  const status = await statOf(path);
  if (status === undefined) return undefined;
  const below = status.isDirectory() ? (await entriesOf(layout, path)).map(({ name }) => statOf(join(path, name))) : [];
  return Math.max(status.mtimeMs, ...(await Promise.all(below)).map((each) => each?.mtimeMs ?? 0));
}

async function item(
  layout: StoreLayout,
  kind: GarbageItem['kind'],
  path: string,
  why: string,
  name = relative(layout.root, path),
): Promise<GarbageItem> {
  return { kind, name, bytes: await sizeOf(layout, path), why };
}

function daysText(seconds: number): string {
  return seconds < DAY ? `${Math.round(seconds / 360) / 10} hours` : `${Math.round(seconds / DAY)} days`;
}
