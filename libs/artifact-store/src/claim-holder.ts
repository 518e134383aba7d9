import { join } from 'node:path';
import { readJson, statOf } from './files.ts';
import type { ProcessIdentity } from './process-identity.ts';

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
}

export const OWNER_FILE = 'owner.json';
export const HEARTBEAT_FILE = 'heartbeat';

/** The claim that lies in a folder; undefined when none does. */
export async function readClaim(folder: string): Promise<SeenClaim | undefined> {
  const status = await statOf(folder);
  if (status === undefined) return undefined;
  const beat = await statOf(join(folder, HEARTBEAT_FILE));
  const owner = await readJson(join(folder, OWNER_FILE));
  const isDamaged = !isHolder(owner);
  const holder = isDamaged ? unknownHolder(status) : owner;
  return { holder, isDamaged, beatAt: (beat ?? status).mtimeMs };
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

function isHolder(value: unknown): value is ClaimHolder {
  const { id, pid, host, started, run, stage, since } = (value ?? {}) as Partial<ClaimHolder>;
  const isText = [host, started, run, stage, since].every((each) => typeof each === 'string');
  return isText && Number.isSafeInteger(pid) && /^[0-9a-f]{16}$/.test(id ?? '');
}
