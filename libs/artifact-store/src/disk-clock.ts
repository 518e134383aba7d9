import { rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '@retort/diagnostics';
import { randomSuffix } from './files.ts';

/**
 * The time by the clock that gives files their times, in milliseconds since 1970. On a shared file system that is another
 * machine's clock, and comparing its times with our own would be wrong by minutes.
 *
 * @param path  where a file may be written for a moment, its name left open
 */
export async function diskTime(path: string): Promise<number> {
  const probe = `${path}.${process.pid}-${randomSuffix()}.tmp`;
  await makeFolder(dirname(probe));
  try {
    await writeFile(probe, '.');
    return (await stat(probe)).mtimeMs;
  } finally {
    await rm(probe, { force: true });
  }
}
