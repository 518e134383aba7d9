import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson, statOf, writeAtomically } from './files.ts';
import { Heartbeat } from './heartbeat.ts';
import { isIdentity, type ProcessIdentity, thisProcess } from './process-identity.ts';

const RUNNER_FILE = 'runner.json';
const HEARTBEAT_FILE = 'heartbeat';

/** Damaged: whether it lives is told by its heartbeat, as of a process of another machine. */
const UNKNOWN: ProcessIdentity = { pid: 0, host: 'unknown', started: '' };

/** Says that a run goes on, for as long as this process lives or until it leaves. */
export interface Presence {
  readonly leave: () => Promise<void>;
}

/** @param folder  of the run */
export async function attend(folder: string, interval: number): Promise<Presence> {
  await writeAtomically(join(folder, RUNNER_FILE), JSON.stringify(thisProcess()));
  const heartbeat = await Heartbeat.start(join(folder, HEARTBEAT_FILE), { interval });
  return {
    leave: async () => {
      await heartbeat.stop();
      await removePresence(folder);
    },
  };
}

export async function removePresence(folder: string): Promise<void> {
  for (const name of [RUNNER_FILE, HEARTBEAT_FILE]) await rm(join(folder, name), { force: true });
}

/** Who said that the run goes on, and when last, by the disk's clock. Undefined when nobody does. */
export async function readPresence(folder: string): Promise<{ runner: ProcessIdentity; beatAt: number } | undefined> {
  const [said, beat] = [await statOf(join(folder, RUNNER_FILE)), await statOf(join(folder, HEARTBEAT_FILE))];
  if (said === undefined && beat === undefined) return undefined;
  const runner = (await readJson(join(folder, RUNNER_FILE))) as Partial<ProcessIdentity> | null | undefined;
  return { runner: isIdentity(runner) ? runner : UNKNOWN, beatAt: (beat ?? said)?.mtimeMs ?? 0 };
}
