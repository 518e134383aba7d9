import { readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFolder } from '@retort/diagnostics';
import { type Claims, MILLISECONDS_A_LOOK_IS_GOOD } from '../claims.ts';
import { mendEventLog } from '../event-log.ts';
import { reachInGc } from '../fault-points.ts';
import { isAbsent, randomSuffix, writeAtomically } from '../files.ts';
import type { StoreLayout } from '../layout.ts';
import { removePresence } from '../presence.ts';
import { indexFiles } from '../records.ts';
import { runFiles } from '../runs.ts';
import type { GarbageItem, GarbagePlan } from './garbage.ts';
import { isNewerThan, readResults } from './plan-garbage.ts';
import { type InFlight, inFlight, readRuns } from './uses.ts';

export interface CollectOptions {
  /** Called before each removal. */
  readonly onRemove?: (item: GarbageItem) => void;
}

/**
 * Removes what a plan names, records first, so that at every moment each record that is left has its artifacts. What a run
 * has begun to use since the plan was made stays.
 *
 * @returns the items that are gone
 */
export async function collectGarbage(
  layout: StoreLayout,
  claims: Claims,
  { items }: GarbagePlan,
  { onRemove = () => {} }: CollectOptions = {},
): Promise<readonly GarbageItem[]> {
  const lookAgain = async () => inFlight(layout, claims, await readRuns(layout, claims));
  const before = await lookAgain();
  const results = items.filter(({ kind, name }) => kind === 'result' && !before.keys.has(name));
  reachInGc('gc.begun');
  for (const item of results) {
    onRemove(item);
    await rm(layout.record(item.name), { force: true });
    reachInGc('gc.record-removed');
  }
  const now = await lookAgain();
  // Records that are left, or were written since: an artifact may have got another one.
  const left = await readResults(layout);
  for (const { artifacts } of left) for (const digest of artifacts) now.artifacts.add(digest);
  if (now.since === undefined) await pruneIndexes(layout, new Set(left.map(({ record }) => record.key)));
  for (const item of results) await removeArtifacts(layout, item.artifacts ?? [], now);
  const others = items.filter(({ kind, name }) => kind !== 'result' && !now.claimed.has(name) && !now.runs.has(name));
  for (const item of others) {
    onRemove(item);
    await remove(layout, item, now);
    reachInGc('gc.item-removed');
  }
  await sweepClaims(claims);
  reachInGc('gc.claims-swept');
  await rm(layout.trash, { recursive: true, force: true });
  reachInGc('gc.trash-emptied');
  return [...results, ...others];
}

/** Not while something goes on: a key that is added meanwhile would be lost. */
async function pruneIndexes(layout: StoreLayout, keys: ReadonlySet<string>): Promise<void> {
  for (const path of await indexFiles(layout)) {
    const lines = (await readFile(path, 'latin1')).split('\n').slice(0, -1);
    const left = lines.filter((key) => keys.has(key));
    if (left.length === 0) await rm(path, { force: true });
    else if (left.length < lines.length) await writeAtomically(path, left.map((key) => `${key}\n`).join(''));
    reachInGc('gc.index-pruned');
  }
}

async function remove(layout: StoreLayout, { kind, name }: GarbageItem, now: InFlight): Promise<void> {
  switch (kind) {
    case 'artifact':
      return removeArtifacts(layout, [name], now);
    case 'run':
      return discard(layout, runFiles(layout, name).folder);
    case 'checkpoint':
      return discard(layout, layout.checkpoint(name));
    case 'presence':
      await mendEventLog(runFiles(layout, name));
      return removePresence(runFiles(layout, name).folder);
    case 'attempt':
    case 'quarantine':
    case 'temporary':
      return rm(join(layout.root, name), { recursive: true, force: true });
    case 'claim':
    case 'result':
      return;
  }
}

async function removeArtifacts(layout: StoreLayout, digests: readonly string[], now: InFlight): Promise<void> {
  for (const digest of digests) {
    if (now.artifacts.has(digest) || (await isNewerThan(layout, digest, now.since))) continue;
    await discard(layout, layout.artifact(digest));
    reachInGc('gc.artifact-gone');
    await rm(layout.listing(digest), { force: true });
    reachInGc('gc.listing-gone');
    await rm(layout.verified(digest), { force: true });
  }
}

/** Gone from its place at once, whole; then file by file. */
async function discard(layout: StoreLayout, path: string): Promise<void> {
  const target = join(layout.trash, `${basename(path)}-${randomSuffix()}`);
  await makeFolder(layout.trash);
  await rename(path, target).catch((error: unknown) => {
    if (!isAbsent(error)) throw error;
  });
  reachInGc('gc.moved-to-trash');
  await rm(target, { recursive: true, force: true });
}

/** Claims that are over stay for a moment, in case somebody has just looked at one. */
async function sweepClaims(claims: Claims): Promise<void> {
  await claims.sweep();
  if (!(await claims.hasRetired())) return;
  await sleep(MILLISECONDS_A_LOOK_IS_GOOD + 100);
  await claims.sweep();
}
