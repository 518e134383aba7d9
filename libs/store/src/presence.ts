import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { statOf, writeAtomically } from './files.ts';
import { Heartbeat } from './heartbeat.ts';
import type { StoreLayout } from './layout.ts';
import { type ProcessIdentity, thisProcess } from './process-identity.ts';
import { shareTree } from './sharing.ts';
import { readStored } from './stored.ts';

const RUNNER_FILE = 'runner.json';
const HEARTBEAT_FILE = 'heartbeat';

/** Damaged: whether it lives is told by its heartbeat, as of a process of another machine. */
const UNKNOWN: ProcessIdentity = { pid: 0, host: 'unknown', started: '' };

/** Says that a run goes on, for as long as this process lives or until it leaves. */
export interface Presence {
  readonly leave: () => Promise<void>;
}

/** @param folder  of the run */
export async function attend(layout: StoreLayout, folder: string, interval: number): Promise<Presence> {
  await writeAtomically(layout, join(folder, RUNNER_FILE), JSON.stringify(thisProcess()));
  const heartbeat = await Heartbeat.start(join(folder, HEARTBEAT_FILE), { interval });
  return {
    leave: async () => {
      await heartbeat.stop();
      await removePresence(folder);
      await shareTree(layout, folder);
    },
  };
}

export async function removePresence(folder: string): Promise<void> {
  for (const name of [RUNNER_FILE, HEARTBEAT_FILE]) await rm(join(folder, name), { force: true });
}

export interface SeenPresence {
  readonly runner: ProcessIdentity;
  /** When it was last heard of, and when it began, by the disk's clock. */
  readonly beatAt: number;
  readonly begunAt: number;
}

/** Who said last that they carry out the run. Undefined when nobody does. */
export async function readPresence(folder: string): Promise<SeenPresence | undefined> {
  const [said, beat] = [await statOf(join(folder, RUNNER_FILE)), await statOf(join(folder, HEARTBEAT_FILE))];
  if (said === undefined && beat === undefined) return undefined;
  const runner = (await readStored('process', join(folder, RUNNER_FILE))) ?? UNKNOWN;
  return { runner, beatAt: (beat ?? said)?.mtimeMs ?? 0, begunAt: (said ?? beat)?.mtimeMs ?? 0 };
}
