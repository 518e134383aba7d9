import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { reach } from './fault-points.ts';
import { writeAtomically } from './files.ts';
import type { StoreLayout } from './layout.ts';
import { isThisHost, mayBeAlive, type ProcessIdentity, thisProcess } from './process-identity.ts';
import { randomSuffix } from './random-suffix.ts';
import { makeSharedFolder } from './sharing.ts';
import { readStored } from './stored.ts';
import { entriesOf } from './walk.ts';

const OWNER = 'owner.json';
/** A folder without an owner belongs to a process that died, or is just writing it. */
const MILLISECONDS_TO_NAME_AN_OWNER = 60_000;

/** Scratch space of one running stage, on the store's own file system. */
export interface Attempt {
  readonly path: string;
  readonly remove: () => Promise<void>;
}

export async function createAttempt(layout: StoreLayout): Promise<Attempt> {
  const path = join(layout.attempts, `${process.pid}-${randomSuffix()}`);
  await makeSharedFolder(layout, path);
  reach('store.attempt-unnamed');
  await writeAtomically(layout, join(path, OWNER), JSON.stringify(thisProcess()));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Removes what dead processes left behind. */
export async function sweepAttempts(layout: StoreLayout): Promise<void> {
  for (const path of await leftoverAttempts(layout, () => true)) await layout.refusals.remove(path);
}

/**
 * Folders of attempts whose process is gone.
 *
 * @param mayWork  whether a process of another machine may be at work
 */
export async function leftoverAttempts(
  layout: StoreLayout,
  mayWork: (owner: ProcessIdentity) => boolean,
): Promise<string[]> {
  const paths = (await entriesOf(layout, layout.attempts)).map(({ name }) => join(layout.attempts, name));
  const isOver = await Promise.all(paths.map((path) => isLeftover(path, mayWork)));
  return paths.filter((_, i) => isOver[i]);
}

async function isLeftover(path: string, mayWork: (owner: ProcessIdentity) => boolean): Promise<boolean> {
  const owner = await readStored('process', join(path, OWNER));
  if (owner !== undefined) return isThisHost(owner) ? !mayBeAlive(owner) : !mayWork(owner);
  const status = await stat(path).catch(() => undefined);
  return status !== undefined && Date.now() - status.mtimeMs > MILLISECONDS_TO_NAME_AN_OWNER;
}
