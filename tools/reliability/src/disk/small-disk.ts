import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { skip } from '@retort/lab';
import { execa } from 'execa';

const DISK_MEBIBYTES = 64;

/** Works on a small disk; skipped where none can be mounted. */
export async function onSmallDisk<T>(work: (small: SmallDisk) => Promise<T>): Promise<T> {
  const small = await SmallDisk.mount();
  try {
    return await work(small);
  } finally {
    await small.unmount();
  }
}

/** A file system in memory, of few bytes. Only root may mount one. */
export class SmallDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async mount(): Promise<SmallDisk> {
    const path = mkdtempSync(join(tmpdir(), 'retort-disk-'));
    const size = `size=${DISK_MEBIBYTES}m`;
    const mounted = await execa('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', path], { reject: false });
    if (!mounted.failed) return new SmallDisk(path);
    rmSync(path, { recursive: true });
    return skip(`no file system can be mounted here: ${mounted.stderr || mounted.shortMessage}`);
  }

  /** Fills the disk up to so many free bytes. */
  fill(free: number): void {
    const { bavail, bsize } = statfsSync(this.path);
    writeFileSync(this.#ballast, Buffer.alloc(Math.max(0, bavail * bsize - free)));
  }

  makeRoom(): void {
    rmSync(this.#ballast, { force: true });
  }

  async setReadOnly(isReadOnly: boolean): Promise<void> {
    await execa('mount', ['-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, this.path]);
  }

  async unmount(): Promise<void> {
    await execa('umount', ['--lazy', this.path]);
    rmSync(this.path, { recursive: true });
  }

  get #ballast(): string {
    return join(this.path, 'ballast');
  }
}
