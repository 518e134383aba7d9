import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { reach } from './fault-points.ts';
import type { StoreLayout } from './layout.ts';
import { isNestedDeeperThan } from './nesting.ts';
import { randomSuffix } from './random-suffix.ts';
import { makeSharedFolder, share } from './sharing.ts';

/** Of manifests, listings and indexes, the largest files that are read whole. */
const MOST_BYTES = 1 << 26;
const MOST_LEVELS = 200;

/** Whoever reads `path`, at any time, also after a power cut, sees all of the old text or all of the new. */
export async function writeAtomically(layout: StoreLayout, path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}-${randomSuffix()}.tmp`;
  await makeSharedFolder(layout, dirname(path));
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await share(layout, temporary);
    reach('store.half-written');
    await rename(temporary, path);
    reach('store.written');
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Undefined when there is no JSON in a file that `readWhole` reads. */
export async function readJson(path: string): Promise<unknown> {
  try {
    const bytes = await readWhole(path);
    if (bytes === undefined) return undefined;
    const value: unknown = JSON.parse(bytes.toString());
    return isNestedDeeperThan(value, MOST_LEVELS) ? undefined : value;
  } catch (error) {
    if (error instanceof SyntaxError || isUnreadable(error)) return undefined;
    throw error;
  }
}

/** Undefined when there is no plain file that this user may read (see `openPlainFile`), or one with more than `mostBytes`. */
export async function readWhole(path: string, mostBytes = MOST_BYTES): Promise<Buffer | undefined> {
  const file = await openPlainFile(path);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    return size > mostBytes ? undefined : await file.readFile();
  } finally {
    await file.close();
  }
}

/** Undefined for a link, a folder, a pipe or a device, which nobody here has written, and for what this user may not read. Never waits. */
export async function openPlainFile(path: string): Promise<FileHandle | undefined> {
  // Windows has neither of the two, nor what they guard against.
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(nothingWhereUnreadable);
  if (file === undefined || (await file.stat()).isFile()) return file;
  await file.close();
  return undefined;
}

/** Undefined when there is nothing, as far as this user may see. */
export function statOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch(nothingWhereUnreadable);
}

/** The same of a link itself, not of what it leads to. */
export function linkStatOf(path: string): Promise<Stats | undefined> {
  return lstat(path).catch(nothingWhereUnreadable);
}

function nothingWhereUnreadable(error: unknown): undefined {
  if (!isUnreadable(error)) throw error;
}

export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Absent, no plain file, broken, or not for this user to read. */
export function isUnreadable(error: unknown): boolean {
  const others = ['EACCES', 'EPERM', 'EIO', 'ELOOP', 'ENXIO', 'ENODEV', 'ENAMETOOLONG'];
  return isAbsent(error) || others.includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Makes what was written to a file, or the names in a folder, outlast a power cut. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
