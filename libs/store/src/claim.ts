import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RetortError } from '@retort/foundation/diagnostics';
import { type ClaimHolder, type ClaimPurpose, HEARTBEAT_FILE, OWNER_FILE, readClaim } from './claim-holder.ts';
import { reach } from './fault-points.ts';
import { isAbsent } from './files.ts';
import { Heartbeat } from './heartbeat.ts';
import type { StoreLayout } from './layout.ts';
import { thisProcess } from './process-identity.ts';
import type { StageRecord } from './record.ts';
import { addToIndex, recordText } from './records.ts';
import { makeSharedFolder, shareTree } from './sharing.ts';

/** Thrown by who was not heard of for so long that another has taken over. What it made is not recorded. */
export class ClaimLostError extends RetortError {
  constructor(key: string) {
    super(
      'CLAIM_LOST',
      `Another run has taken over the key ${key}, because this run showed no sign of life for too long.`,
    );
  }
}

/**
 * The right to execute one key. A folder that was made elsewhere and moved in whole, which fails where one is already.
 *
 * It is over when its folder is moved away, by its holder or by whoever takes over. The record is published by a move out of
 * this very folder: a holder that slept while another took over has nothing left to move.
 */
export class Claim {
  readonly key: string;
  readonly holder: ClaimHolder;
  readonly #layout: StoreLayout;
  readonly #record: FileHandle;
  readonly #lost = new AbortController();
  #heartbeat: Heartbeat | undefined;

  private constructor(layout: StoreLayout, key: string, holder: ClaimHolder, record: FileHandle) {
    this.#layout = layout;
    this.key = key;
    this.holder = holder;
    this.#record = record;
  }

  /** Undefined where there is a claim already. */
  static async tryToHold(
    layout: StoreLayout,
    key: string,
    { purpose, interval }: { purpose: ClaimPurpose; interval: number },
  ): Promise<Claim | undefined> {
    const id = randomBytes(8).toString('hex');
    const holder = { ...thisProcess(), ...purpose, id, since: new Date().toISOString() };
    const folder = layout.newClaim(id);
    await makeSharedFolder(layout, folder);
    let claim: Claim | undefined;
    let isHeld = false;
    try {
      await writeFile(join(folder, OWNER_FILE), JSON.stringify(holder));
      claim = new Claim(layout, key, holder, await open(join(folder, recordFile(id)), 'wx'));
      await claim.#begin(folder, interval);
      await shareTree(layout, folder);
      reach('store.claim-made');
      isHeld = await moveIfFree(layout, folder, layout.claim(key));
      return isHeld ? claim : undefined;
    } finally {
      if (!isHeld) {
        if (claim !== undefined) await claim.#close();
        await rm(folder, { recursive: true, force: true });
      }
    }
  }

  /** Aborted when another has taken over: whatever is done for this claim is in vain. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Publishes the key's record, once.
   *
   * @throws ClaimLostError, and then nothing is published
   */
  async writeRecord(record: StageRecord): Promise<void> {
    const target = this.#layout.record(this.key);
    await makeSharedFolder(this.#layout, dirname(target));
    await this.#record.writeFile(recordText(record));
    await this.#record.sync();
    try {
      await rename(join(this.#layout.claim(this.key), recordFile(this.holder.id)), target);
    } catch (error) {
      if (!isAbsent(error)) throw error;
      this.#lost.abort();
      throw new ClaimLostError(this.key);
    }
    reach('store.record-unlisted');
    await addToIndex(this.#layout, record);
  }

  /**
   * Leaves nothing behind: nobody takes this holder for dead before it has ended, and looks again then. A claim that cannot be
   * given back, on a full disk, gives no sign of life any more, and is taken over.
   */
  async release(): Promise<void> {
    await this.#close();
    // It may have slept: what lies there now may be another's.
    await this.#look().catch(() => {});
    if (this.#lost.signal.aborted) return;
    await retire(this.#layout, this.key, this.holder.id).catch(() => {});
    await this.#layout.refusals.remove(this.#layout.retiredClaim(this.holder.id)).catch(() => {});
  }

  async #begin(folder: string, interval: number): Promise<void> {
    const onBeat = () => this.#look().catch(() => {});
    this.#heartbeat = await Heartbeat.start(join(folder, HEARTBEAT_FILE), { interval, onBeat });
  }

  async #look(): Promise<void> {
    const seen = await readClaim(this.#layout.claim(this.key));
    if (seen?.holder.id !== this.holder.id) this.#lost.abort();
  }

  async #close(): Promise<void> {
    await this.#heartbeat?.stop();
    await this.#record.close();
  }
}

/**
 * Moves a claim out of the way, to a name made of its id. That can happen once: a second move to the same name fails, so
 * that whoever decided too late that this claim is over does not move the one that came after it.
 */
export async function retire(layout: StoreLayout, key: string, id: string): Promise<void> {
  const target = layout.retiredClaim(id);
  await makeSharedFolder(layout, dirname(target));
  await moveUnlessThere(layout.claim(key), target);
}

async function moveIfFree(layout: StoreLayout, folder: string, target: string): Promise<boolean> {
  await makeSharedFolder(layout, dirname(target));
  return moveUnlessThere(folder, target);
}

/** A folder never replaces one that is not empty, and a claim never is. */
async function moveUnlessThere(folder: string, target: string): Promise<boolean> {
  try {
    await rename(folder, target);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(code)) return false;
    throw error;
  }
}

function recordFile(id: string): string {
  return `record-${id}.json`;
}
