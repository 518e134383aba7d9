import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '@retort/diagnostics';
import { digestFile } from '@retort/digest';

/** Digests of users' files. */
export interface FileDigests {
  /** SHA-256 of the bytes of one file, by absolute path. */
  readonly digest: (path: string) => Promise<string>;
  /** Keeps what was learned for the next process. Never fails a run: without it files are only read again. */
  readonly save: () => Promise<void>;
}

interface Entry {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly ino: number;
  readonly digest: string;
}

const VERSION = 1;
const MAX_ENTRIES = 20_000;
/** A file changed within the clock's resolution of now could change again without its times showing it. */
const SETTLED_AFTER_MS = 50;

/**
 * Digests that remember a file as long as its size, times and inode stay the same.
 *
 * @param file where to keep them, as JSON; a damaged or absent one is ignored. Without it they live as long as the object.
 */
export async function openFileDigests(file?: string): Promise<FileDigests> {
  const known = new Map(file === undefined ? [] : await readEntries(file));
  const running = new Map<string, Promise<string>>();
  let isChanged = false;

  const compute = async (path: string): Promise<string> => {
    const before = await identity(path);
    const entry = known.get(path);
    if (entry !== undefined && isSame(entry, before)) return entry.digest;
    const digest = await digestFile(path);
    const isSettled = isSame(before, await identity(path)) && Date.now() - before.ctimeMs > SETTLED_AFTER_MS;
    isChanged = true;
    known.delete(path);
    if (isSettled) known.set(path, { ...before, digest });
    return digest;
  };
  return {
    digest: (path) => {
      const promise = running.get(path) ?? compute(path).finally(() => running.delete(path));
      running.set(path, promise);
      return promise;
    },
    save: async () => {
      if (file === undefined || !isChanged) return;
      isChanged = false;
      await writeEntries(file, [...known].slice(-MAX_ENTRIES)).catch(() => undefined);
    },
  };
}

type Identity = Omit<Entry, 'digest'>;

async function identity(path: string): Promise<Identity> {
  const { size, mtimeMs, ctimeMs, ino } = await stat(path);
  return { size, mtimeMs, ctimeMs, ino };
}

function isSame(a: Identity, b: Identity): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs && a.ino === b.ino;
}

async function readEntries(file: string): Promise<[string, Entry][]> {
  try {
    const { version, entries } = JSON.parse(await readFile(file, 'utf8')) as {
      version: unknown;
      entries: Record<string, Entry>;
    };
    return version === VERSION ? Object.entries(entries).filter(([, entry]) => isEntry(entry)) : [];
  } catch {
    return [];
  }
}

function isEntry(entry: Partial<Entry> | null): boolean {
  return typeof entry === 'object' && entry !== null && /^[0-9a-f]{64}$/.test(String(entry.digest));
}

async function writeEntries(file: string, entries: readonly [string, Entry][]): Promise<void> {
  const temporary = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await makeFolder(dirname(file));
  await writeFile(temporary, JSON.stringify({ version: VERSION, entries: Object.fromEntries(entries) }));
  await rename(temporary, file);
}
