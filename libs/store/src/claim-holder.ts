import { join } from 'node:path';
import { statOf } from './files.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { readStored } from './stored.ts';

/** What somebody says who claims a key. */
export interface ClaimPurpose {
  readonly run: string;
  readonly stage: string;
}

/** Who holds a claim. */
export interface ClaimHolder extends ProcessIdentity, ClaimPurpose {
  /** Tells one claim of a key from every other, for ever. */
  readonly id: string;
  /** ISO 8601, by the holder's clock. */
  readonly since: string;
}

export interface SeenClaim {
  readonly holder: ClaimHolder;
  /** Nobody can tell who holds it. */
  readonly isDamaged: boolean;
  /** When the holder was last heard of, by the disk's clock. */
  readonly beatAt: number;
  /** When it was made, by the disk's clock. */
  readonly begunAt: number;
}

export const OWNER_FILE = 'owner.json';
export const HEARTBEAT_FILE = 'heartbeat';

/** The claim that lies in a folder; undefined when none does. */
export async function readClaim(folder: string): Promise<SeenClaim | undefined> {
  const status = await statOf(folder);
  if (status === undefined) return undefined;
  const beat = await statOf(join(folder, HEARTBEAT_FILE));
  const begunAt = ((await statOf(join(folder, OWNER_FILE))) ?? status).mtimeMs;
  const owner = await readStored('holder', join(folder, OWNER_FILE));
  return {
    holder: owner ?? unknownHolder(status),
    isDamaged: owner === undefined,
    beatAt: (beat ?? status).mtimeMs,
    begunAt,
  };
}

/** A claim is moved in whole; one that cannot be read was damaged. Nobody beats for it as far as anyone can tell. */
function unknownHolder({ ino, mtimeMs }: { ino: number; mtimeMs: number }): ClaimHolder {
  const since = new Date(mtimeMs).toISOString();
  return {
    id: `damaged-${ino}-${mtimeMs}`,
    pid: 0,
    host: 'unknown',
    started: '',
    run: 'unknown',
    stage: 'unknown',
    since,
  };
}
