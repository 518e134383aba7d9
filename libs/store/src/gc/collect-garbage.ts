import { rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Claims, MILLISECONDS_A_LOOK_IS_GOOD } from '../claims.ts';
import { mendEventLog } from '../event-log.ts';
import { reachInGc } from '../fault-points.ts';
import { isAbsent, readWhole, writeAtomically } from '../files.ts';
import type { StoreLayout } from '../layout.ts';
import { removePresence } from '../presence.ts';
import { randomSuffix } from '../random-suffix.ts';
import { indexFiles } from '../records.ts';
import { runFiles } from '../runs.ts';
import { makeSharedFolder } from '../sharing.ts';
import type { GarbageItem, GarbagePlan } from './garbage.ts';
import { isNewerThan, readResults } from './plan-garbage.ts';
import { addManifest, type InFlight, inFlight, readRuns } from './uses.ts';

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
  { items, oldRuns }: GarbagePlan,
  { onRemove = () => {} }: CollectOptions = {},
): Promise<readonly GarbageItem[]> {
  const lookAgain = async () => {
    const runs = await readRuns(layout, claims);
    const needed = await inFlight(layout, claims, runs);
    for (const { run, manifest } of runs) if (!oldRuns.has(run)) addManifest(needed, manifest);
    return needed;
  };
  const before = await lookAgain();
  const results = items.filter(({ kind, name }) => kind === 'result' && !before.keys.has(name));
  reachInGc('gc.begun');
  const gone: GarbageItem[] = [];
  for (const item of results) {
    onRemove(item);
    if (await layout.refusals.remove(layout.record(item.name))) gone.push(item);
    reachInGc('gc.record-removed');
  }
  const now = await lookAgain();
  // Records that are left, or were written since: an artifact may have got another one.
  const left = await readResults(layout);
  for (const { artifacts } of left) for (const digest of artifacts) now.artifacts.add(digest);
  if (now.since === undefined) await pruneIndexes(layout, new Set(left.map(({ record }) => record.key)));
  for (const item of gone) await removeArtifacts(layout, item.artifacts ?? [], now);
  const others = items.filter(({ kind, name }) => kind !== 'result' && !now.claimed.has(name) && !now.runs.has(name));
  for (const item of others) {
    onRemove(item);
    if (await remove(layout, item, now)) gone.push(item);
    reachInGc('gc.item-removed');
  }
  await sweepClaims(claims);
  reachInGc('gc.claims-swept');
  await layout.refusals.remove(layout.trash);
  reachInGc('gc.trash-emptied');
  return gone;
}

/** Not while something goes on: a key that is added meanwhile would be lost. */
async function pruneIndexes(layout: StoreLayout, keys: ReadonlySet<string>): Promise<void> {
  for (const path of await indexFiles(layout)) {
    const lines = (await readWhole(path))?.toString('latin1').split('\n').slice(0, -1) ?? [];
    const left = lines.filter((key) => keys.has(key));
    if (left.length === 0) await layout.refusals.remove(path);
    else if (left.length < lines.length) await writeAtomically(layout, path, left.map((key) => `${key}\n`).join(''));
    reachInGc('gc.index-pruned');
  }
}

/** @returns whether it is gone */
async function remove(layout: StoreLayout, { kind, name }: GarbageItem, now: InFlight): Promise<boolean> {
  switch (kind) {
    case 'artifact':
      return removeArtifacts(layout, [name], now);
    case 'run':
      return discard(layout, runFiles(layout, name).folder);
    case 'checkpoint':
      return discard(layout, layout.checkpoint(name));
    case 'presence':
      return layout.refusals.tolerate(runFiles(layout, name).folder, 'remove', async () => {
        await mendEventLog(runFiles(layout, name));
        await removePresence(runFiles(layout, name).folder);
      });
    case 'attempt':
    case 'quarantine':
    case 'temporary':
      return layout.refusals.remove(join(layout.root, name));
    case 'claim':
    case 'result':
      return true;
  }
}

async function removeArtifacts(layout: StoreLayout, digests: readonly string[], now: InFlight): Promise<boolean> {
  let areGone = true;
  for (const digest of digests) {
    if (now.artifacts.has(digest) || (await isNewerThan(layout, digest, now.since))) continue;
    const isGone = await discard(layout, layout.artifact(digest));
    areGone &&= isGone;
    reachInGc('gc.artifact-gone');
    if (!isGone) continue;
    await layout.refusals.remove(layout.listing(digest));
    reachInGc('gc.listing-gone');
    await layout.refusals.remove(layout.verified(digest));
  }
  return areGone;
}

/** Gone from its place at once, whole; then file by file. */
async function discard(layout: StoreLayout, path: string): Promise<boolean> {
  const target = join(layout.trash, `${basename(path)}-${randomSuffix()}`);
  await makeSharedFolder(layout, layout.trash);
  const move = () =>
    rename(path, target).catch((error: unknown) => {
      if (!isAbsent(error)) throw error;
    });
  if (!(await layout.refusals.tolerate(path, 'remove', move))) return false;
  reachInGc('gc.moved-to-trash');
  return layout.refusals.remove(target);
}

/** Claims that are over stay for a moment, in case somebody has just looked at one. */
async function sweepClaims(claims: Claims): Promise<void> {
  await claims.sweep();
  if (!(await claims.hasRetired())) return;
  await sleep(MILLISECONDS_A_LOOK_IS_GOOD + 100);
  await claims.sweep();
}
