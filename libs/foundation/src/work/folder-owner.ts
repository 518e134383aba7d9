import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StageError } from '../diagnostics/index.ts';

const OWNER = 'owner';

/**
 * Says whose a checkpoint folder is: the attempt's that came last. An attempt that slept while another took over its work
 * must not write there any more when it wakes.
 */
export class FolderOwner {
  readonly #folder: string;
  readonly #token = `${process.pid}-${randomBytes(8).toString('hex')}`;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async take(): Promise<void> {
    const temporary = join(this.#folder, `${OWNER}.${this.#token}.tmp`);
    await writeFile(temporary, this.#token, { flag: 'wx' });
    await rename(temporary, join(this.#folder, OWNER));
  }

  /** @throws StageError STAGE_SUPERSEDED */
  async check(): Promise<void> {
    const owner = await readFile(join(this.#folder, OWNER), 'utf8').catch(() => undefined);
    if (owner === this.#token) return;
    throw new StageError(
      'STAGE_SUPERSEDED',
      `Another attempt took over this work, or its checkpoint folder ${this.#folder} was removed. Run again to get the result.`,
    );
  }
}
