import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { formatBytes } from '../render/units.ts';
import type { Check } from './check.ts';

/** Less free space than this is worth a word: the teacher's answers on a small data set take about as much. */
const LOW_SPACE_BYTES = 4 * 1024 ** 3;

/** Whether the store can be written, and the space left beside it. Leaves no trace, and makes no store. */
export async function storeChecks(root: string): Promise<Check[]> {
  const folder = await existingFolder(root);
  return [await writableCheck(root, folder), await spaceCheck(folder)];
}

async function writableCheck(root: string, folder: string): Promise<Check> {
  const probe = join(folder, `.retort-doctor-${process.pid}`);
  try {
    await mkdir(probe);
    await writeFile(join(probe, 'probe'), 'probe', { flush: true });
    return { name: 'store', status: 'ok', detail: folder === root ? root : `${root} (the first run creates it)` };
  } catch (error) {
    const detail = `${root} is not writable: ${error instanceof Error ? error.message : String(error)}`;
    return {
      name: 'store',
      status: 'failed',
      detail,
      remedy: 'Use another folder: --store DIR, or RETORT_STORE=DIR',
    };
  } finally {
    await rm(probe, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function spaceCheck(folder: string): Promise<Check> {
  try {
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const detail = `${formatBytes(free)} free at ${folder}`;
    if (free >= LOW_SPACE_BYTES) return { name: 'disk', status: 'ok', detail };
    return {
      name: 'disk',
      status: 'missing',
      detail: `only ${detail}`,
      remedy: 'Use another disk: --store DIR',
    };
  } catch (error) {
    return {
      name: 'disk',
      status: 'missing',
      detail: `free space unknown: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

async function existingFolder(path: string): Promise<string> {
  try {
    await statfs(path);
    return path;
  } catch {
    const parent = dirname(path);
    return parent === path ? path : existingFolder(parent);
  }
}
