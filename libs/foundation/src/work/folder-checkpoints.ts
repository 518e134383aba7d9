import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { diskError, makeFolder, RetortError } from '../diagnostics/index.ts';
import { isTemporary, readCheckpointFile, writeCheckpointFile } from './checkpoint-file.ts';
import { CheckpointPace } from './checkpoint-pace.ts';
import type { Checkpoint, CheckpointContent, Checkpoints } from './checkpoints.ts';
import { reach } from './fault-points.ts';
import { FolderOwner } from './folder-owner.ts';

export interface FolderCheckpointsOptions {
  /** Absolute; it exists. */
  readonly folder: string;
  /** Digest of everything that decides the stage's bytes. */
  readonly identity: string;
  /** 30, when left out. */
  readonly everySeconds?: number | undefined;
  readonly everySteps?: number | undefined;
  readonly throwIfInterrupted: () => void;
  readonly warn: (message: string) => void;
}

const EVERY_SECONDS = 30;
/** The newest, and the one before in case the newest turns out damaged. */
const KEPT = 2;
const SET_ASIDE = 'set-aside';
const NAME = /^(\d{15})\.checkpoint$/;

const seconds = () => performance.now() / 1000;

/** Checkpoints in a folder that outlives the attempt: `<step>.checkpoint`, the last two. */
export class FolderCheckpoints implements Checkpoints {
  readonly folder: string;
  readonly #options: FolderCheckpointsOptions;
  readonly #owner: FolderOwner;
  readonly #pace: CheckpointPace;
  #isDiskFull = false;

  constructor(options: FolderCheckpointsOptions) {
    this.folder = options.folder;
    this.#options = options;
    this.#owner = new FolderOwner(options.folder);
    const { everySeconds = EVERY_SECONDS, everySteps } = options;
    this.#pace = new CheckpointPace({ everySeconds, everySteps }, seconds());
  }

  async load(findFault: (state: unknown) => Promise<string | undefined> = async () => undefined) {
    await this.#owner.take();
    const names = await readdir(this.folder);
    for (const name of names.filter(isTemporary)) await rm(join(this.folder, name), { force: true });
    for (const name of newestFirst(names)) {
      const checkpoint = await this.#readOrSetAside(name, findFault);
      if (checkpoint === undefined) continue;
      this.#pace.resumed(stepOf(name), seconds());
      reach('checkpoint.loaded');
      return checkpoint;
    }
    return undefined;
  }

  async pass(step: number, capture: () => CheckpointContent | Promise<CheckpointContent>): Promise<void> {
    try {
      this.#options.throwIfInterrupted();
    } catch (interruption) {
      if (step > this.#pace.step) await this.save(step, await capture());
      throw interruption;
    }
    if (this.#pace.isDue(step, seconds())) await this.save(step, await capture());
  }

  async save(step: number, content: CheckpointContent): Promise<void> {
    const from = seconds();
    await this.#owner.check();
    const isOnDisk = await this.#write(step, content);
    this.#pace.saved(step, { from, to: seconds() });
    if (isOnDisk) await this.#prune();
  }

  /** A full disk costs the checkpoint, not the stage: it may be done before the next one. */
  async #write(step: number, content: CheckpointContent): Promise<boolean> {
    try {
      await writeCheckpointFile(join(this.folder, nameOf(step)), this.#options.identity, content);
      this.#isDiskFull = false;
      return true;
    } catch (cause) {
      const error = diskError(cause, 'write a checkpoint');
      if (!(error instanceof RetortError && error.code === 'DISK_FULL')) throw error;
      if (!this.#isDiskFull) this.#options.warn(`${error.message} The stage continues without this checkpoint.`);
      this.#isDiskFull = true;
      return false;
    }
  }

  async #prune(): Promise<void> {
    const names = newestFirst(await readdir(this.folder));
    for (const name of names.slice(KEPT)) await rm(join(this.folder, name), { force: true });
    reach('checkpoint.pruned');
  }

  async #readOrSetAside(
    name: string,
    findFault: (state: unknown) => Promise<string | undefined>,
  ): Promise<Checkpoint | undefined> {
    const path = join(this.folder, name);
    const { checkpoint, fault } = await this.#read(path, findFault);
    if (fault === undefined) return checkpoint;
    await makeFolder(join(this.folder, SET_ASIDE));
    await rename(path, join(this.folder, SET_ASIDE, `${process.pid}-${Date.now()}-${name}`));
    this.#options.warn(
      `The checkpoint ${path} is not used: ${fault}. It was set aside. The stage resumes from the previous one, or starts again.`,
    );
    return undefined;
  }

  async #read(
    path: string,
    findFault: (state: unknown) => Promise<string | undefined>,
  ): Promise<{ checkpoint?: Checkpoint; fault: string | undefined }> {
    try {
      const checkpoint = await readCheckpointFile(path, this.#options.identity);
      return { checkpoint, fault: await findFault(checkpoint.state) };
    } catch (error) {
      if (error instanceof RetortError && /^CHECKPOINT_(DAMAGED|FOREIGN)$/.test(error.code))
        return { fault: error.message };
      // It is whole and names this stage, but has a state that no stage has written.
      if (error instanceof TypeError) return { fault: 'its state does not fit this stage' };
      throw error;
    }
  }
}

function nameOf(step: number): string {
  return `${String(step).padStart(15, '0')}.checkpoint`;
}

function stepOf(name: string): number {
  return Number(NAME.exec(name)?.[1]);
}

function newestFirst(names: readonly string[]): string[] {
  return names
    .filter((name) => NAME.test(name))
    .sort()
    .reverse();
}
