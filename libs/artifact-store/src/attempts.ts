import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson, randomSuffix, writeAtomically } from './files.ts';
import { reach } from './fault-points.ts';
import type { StoreLayout } from './layout.ts';
import { mayBeAlive, type ProcessIdentity, thisProcess } from './process-identity.ts';

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
  await mkdir(path, { recursive: true });
  reach('store.attempt-unnamed');
  await writeAtomically(join(path, OWNER), JSON.stringify(thisProcess()));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Removes what dead processes left behind. */
export async function sweepAttempts(layout: StoreLayout): Promise<void> {
  const names = await readdir(layout.attempts).catch(() => [] as string[]);
  for (const name of names) {
    const path = join(layout.attempts, name);
    if (await isLeftover(path)) await rm(path, { recursive: true, force: true });
  }
}

async function isLeftover(path: string): Promise<boolean> {
  const owner = (await readJson(join(path, OWNER))) as ProcessIdentity | undefined;
  if (owner !== undefined) return !mayBeAlive(owner);
  const status = await stat(path).catch(() => undefined);
  return status !== undefined && Date.now() - status.mtimeMs > MILLISECONDS_TO_NAME_AN_OWNER;
}
