import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '@retort/diagnostics';
import { reach } from './fault-points.ts';

/** Whoever reads `path`, at any time, also after a power cut, sees all of the old text or all of the new. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}-${randomSuffix()}.tmp`;
  await makeFolder(dirname(path));
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    reach('store.half-written');
    await rename(temporary, path);
    reach('store.written');
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Undefined when the file is absent, is not JSON, or is a link or a pipe, which nobody here has written. */
export async function readJson(path: string): Promise<unknown> {
  if (!(await isPlainFile(path))) return undefined;
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || isAbsent(error)) return undefined;
    throw error;
  }
}

/** Undefined when there is nothing. */
export function statOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch(nothingWhereAbsent);
}

/** The same of a link itself, not of what it leads to. */
export function linkStatOf(path: string): Promise<Stats | undefined> {
  return lstat(path).catch(nothingWhereAbsent);
}

function nothingWhereAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}

/** A file, and no link to one: a link in a store may lead anywhere. */
export async function isPlainFile(path: string): Promise<boolean> {
  return (await linkStatOf(path))?.isFile() ?? false;
}

export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
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

export function randomSuffix(): string {
  return randomBytes(4).toString('hex');
}
