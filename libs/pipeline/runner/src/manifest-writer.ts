import type { RunManifest } from './manifest.ts';

/**
 * Writes a manifest's states one after the other, leaving out those that are outdated before their turn: several stages
 * may change at the same time, and the newest state must be the last one written.
 */
export class ManifestWriter {
  readonly #write: (manifest: RunManifest) => Promise<void>;
  #last: Promise<void> = Promise.resolve();
  #next: (() => RunManifest) | undefined;

  constructor(write: (manifest: RunManifest) => Promise<void>) {
    this.#write = write;
  }

  /** Resolves when the state at this time, or a newer one, is on disk. */
  write(describe: () => RunManifest): Promise<void> {
    const isWaiting = this.#next !== undefined;
    this.#next = describe;
    if (!isWaiting) this.#last = this.#last.catch(() => {}).then(() => this.#writeNext());
    return this.#last;
  }

  async #writeNext(): Promise<void> {
    const manifest = this.#next?.();
    this.#next = undefined;
    if (manifest !== undefined) await this.#write(manifest);
  }
}
