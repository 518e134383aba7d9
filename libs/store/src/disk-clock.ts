import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoreLayout } from './layout.ts';
import { randomSuffix } from './random-suffix.ts';
import { makeSharedFolder } from './sharing.ts';

/** Whoever only looks needs no more than a guess. */
const CANNOT_WRITE = ['EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT'];

/**
 * The time by the clock that gives files their times, in milliseconds since 1970. On a shared file system that is another
 * machine's clock, and comparing its times with our own would be wrong by minutes.
 */
export async function diskTime(layout: StoreLayout): Promise<number> {
  const probe = join(layout.claims, `clock.${process.pid}-${randomSuffix()}.tmp`);
  try {
    await makeSharedFolder(layout, layout.claims);
    await writeFile(probe, '.');
    return (await stat(probe)).mtimeMs;
  } catch (error) {
    if (CANNOT_WRITE.includes((error as NodeJS.ErrnoException).code ?? '')) return Date.now();
    throw error;
  } finally {
    await rm(probe, { force: true }).catch(() => {});
  }
}
