import { readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '@retort/foundation/diagnostics';

/** An answer that the hub has given before; undefined when there is none that can be read. */
export async function rememberedAnswer<T>(
  path: string,
  isWhole: (value: unknown) => value is T,
): Promise<T | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isWhole(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Keeps an answer for the time without network. Never half-written under its name, and never fails: from a cache that may
 * not be written, nothing is remembered, and the hub is asked again.
 */
export async function rememberAnswer(path: string, value: unknown): Promise<void> {
  await keep(path, value).catch(() => undefined);
}

async function keep(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await makeFolder(dirname(path));
  await writeFile(temporary, JSON.stringify(value));
  await rename(temporary, path);
}
