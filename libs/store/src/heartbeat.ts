import { type FileHandle, open } from 'node:fs/promises';

/**
 * Writes to a file every now and then, for as long as this process runs, so that others see by its time that it does.
 * Through an open file: what lies at the path later is never touched.
 */
export class Heartbeat {
  readonly #file: FileHandle;
  readonly #interval: number;
  readonly #onBeat: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  private constructor(file: FileHandle, interval: number, onBeat: () => Promise<void>) {
    this.#file = file;
    this.#interval = interval;
    this.#onBeat = onBeat;
    this.#schedule();
  }

  /** @param onBeat called after each beat; must not reject */
  static async start(
    path: string,
    { interval, onBeat = async () => {} }: { interval: number; onBeat?: () => Promise<void> },
  ): Promise<Heartbeat> {
    const file = await open(path, 'wx');
    await beat(file);
    return new Heartbeat(file, interval, onBeat);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#file.close().catch(() => {});
  }

  #schedule(): void {
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.#beat(), this.#interval).unref();
  }

  async #beat(): Promise<void> {
    await beat(this.#file).catch(() => {});
    if (!this.#isStopped) await this.#onBeat();
    this.#schedule();
  }
}

/** The same byte in the same place: needs no room, and lets the file system, which may be another machine's, tell the time. */
async function beat(file: FileHandle): Promise<void> {
  await file.write('.', 0);
}
