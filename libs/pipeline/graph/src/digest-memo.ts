import { setTimeout } from 'node:timers/promises';
import { digestFile, type FileIdentity, fileIdentity, settlingMilliseconds } from '@retort/foundation/digest';

/** Digests of users' files. */
export interface FileDigests {
  /** Looks at files that are digested next, so that the time in which a change could hide passes for all of them at once. */
  readonly look: (paths: readonly string[]) => Promise<void>;
  /** SHA-256 of the bytes of one file, by absolute path. */
  readonly digest: (path: string) => Promise<string>;
  /** Keeps what was learned for the next process. Never fails a run: without it files are only read again. */
  readonly save: () => Promise<void>;
}

/** A text that outlives the process, if all goes well. */
export interface DigestMemo {
  readonly read: () => string | undefined | Promise<string | undefined>;
  readonly write: (text: string) => Promise<void>;
}

interface Entry {
  readonly identity: FileIdentity;
  readonly digest: string;
}

const VERSION = 2;
const MAX_ENTRIES = 20_000;

/**
 * Digests that remember a file as long as its identity stays the same. A file that is new to them is read only when it has
 * kept its identity for a tick of any file system's clock, so that no later change can be missed; no time of a
 * file is compared with the time of this machine, which may be another.
 *
 * @param memo where to keep them; a damaged or absent one is ignored. Without it they live as long as the object.
 */
export async function openFileDigests(memo?: DigestMemo): Promise<FileDigests> {
  const known = new Map(memo === undefined ? [] : await readEntries(memo));
  const running = new Map<string, Promise<string>>();
  let isChanged = false;

  const seen = new Map<string, { readonly identity: FileIdentity; readonly at: number }>();

  const see = async (path: string) => {
    const [identity, before] = [await fileIdentity(path), seen.get(path)];
    if (before?.identity === identity) return before;
    const sight = { identity, at: performance.now() };
    seen.set(path, sight);
    return sight;
  };
  const compute = async (path: string): Promise<string> => {
    const { identity, at } = await see(path);
    const entry = known.get(path);
    if (entry?.identity === identity) return entry.digest;
    await setTimeout(Math.max(0, Math.ceil(at + settlingMilliseconds(identity) - performance.now())));
    const digest = await digestFile(path);
    isChanged = true;
    known.delete(path);
    if ((await see(path)).at === at) known.set(path, { identity, digest });
    return digest;
  };
  return {
    look: async (paths) => {
      for (const path of paths) await see(path).catch(() => undefined);
    },
    digest: (path) => {
      const promise = running.get(path) ?? compute(path).finally(() => running.delete(path));
      running.set(path, promise);
      return promise;
    },
    save: async () => {
      if (memo === undefined || !isChanged) return;
      isChanged = false;
      const entries = Object.fromEntries([...known].slice(-MAX_ENTRIES));
      await memo.write(JSON.stringify({ version: VERSION, entries })).catch(() => undefined);
    },
  };
}

async function readEntries(memo: DigestMemo): Promise<[string, Entry][]> {
  try {
    const { version, entries } = JSON.parse((await memo.read()) ?? '') as {
      version: unknown;
      entries: Record<string, Entry>;
    };
    return version === VERSION ? Object.entries(entries).filter(([, entry]) => isEntry(entry)) : [];
  } catch {
    return [];
  }
}

function isEntry(entry: Partial<Entry> | null): boolean {
  return (
    typeof entry === 'object' &&
    entry !== null &&
    typeof entry.digest === 'string' &&
    /^[0-9a-f]{64}$/.test(entry.digest) &&
    typeof entry.identity === 'string'
  );
}
