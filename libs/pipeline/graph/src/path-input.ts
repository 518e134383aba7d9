import { dirname, join } from 'node:path';
import { makeFolder } from '@retort/foundation/diagnostics';
import { digestFile, digestJson } from '@retort/foundation/digest';
import type { Facts, PathInput } from '@retort/plugin-kit';
import { pointerIn } from '@retort/texts/lines';
import type { FileDigests } from './digest-memo.ts';
import { hint, type Listing, type ListOptions, listPath, type PathProblem } from './list-path.ts';
import type { InputSource } from './plan.ts';

/** A user's file, folder or glob, found and digested. */
export interface FoundPath {
  readonly source: Extract<InputSource, { kind: 'path' }>;
  /** Digest of the file itself, or of the `vocab.txt` in the folder. */
  readonly vocabulary?: string;
  /** What the stage that reads it could tell of it: see `PathInput`. */
  readonly facts?: Facts;
  readonly warnings?: readonly string[];
}

/**
 * Finds what an absolute path or glob names and digests it by content: the names below the folder and their bytes, the
 * same as `digestTree`. Where it lies and what a single file is called do not matter.
 */
export async function findPathInput(
  path: string,
  kind: PathInput['kind'],
  { digests, ...options }: ListOptions & { readonly digests: FileDigests },
): Promise<FoundPath | PathProblem> {
  try {
    const listing = await listPath(path, kind, options);
    if ('code' in listing) return listing;
    await digests.look(filesOf(listing));
    const pointers: PathProblem[] = [];
    const { digest, entries } = await digestListing(listing, async (_, file) => {
      // Of a folder a stage reads some files only, and says itself which of those are pointers.
      const pointer = kind === 'folder' ? undefined : await pointerIn(file);
      if (pointer !== undefined) pointers.push({ code: pointer.code, message: `${file}: ${pointer.message}` });
      return digests.digest(file);
    });
    const [pointer] = pointers.sort((a, b) => (a.message < b.message ? -1 : 1));
    if (pointer !== undefined) return pointer;
    const vocabulary = entries.find(({ name }) => name === '' || name === 'vocab.txt')?.digest;
    return {
      source: { kind: 'path', path, files: filesOf(listing), digest },
      ...(vocabulary !== undefined && { vocabulary }),
    };
  } catch (cause) {
    return unreadable(path, cause as NodeJS.ErrnoException);
  }
}

/** Absolute, in the order of the names. */
export function filesOf({ root, names }: Listing): string[] {
  return names.map((name) => join(root, name));
}

/**
 * Copies the files of a listing.
 *
 * @param to  where the copy of its root goes; nothing is there
 * @returns digest of the bytes that were copied: the input's own, where they are those that it was planned with
 */
export async function copyListing(listing: Listing, to: string): Promise<string> {
  const copy = async (name: string, file: string) => {
    const copyTo = join(to, name);
    await makeFolder(dirname(copyTo));
    return digestFile(file, { copyTo });
  };
  return (await digestListing(listing, copy)).digest;
}

/** Files that are open at once. */
const AT_ONCE = 16;

async function digestListing(
  { root, names }: Listing,
  digestOf: (name: string, file: string) => Promise<string>,
): Promise<{ digest: string; entries: { name: string; digest: string }[] }> {
  const entries: { name: string; digest: string }[] = [];
  const waiting = names.entries();
  const work = async () => {
    for (const [at, name] of waiting) entries[at] = { name, digest: await digestOf(name, join(root, name)) };
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { digest: digestJson(entries), entries };
}

/** @param given  what was asked for; the file system knows better which part of it is at fault */
function unreadable(given: string, { code, message, path = given }: NodeJS.ErrnoException): PathProblem {
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return { code: 'INPUT_NOT_FOUND', message: `There is no file or folder ${path}.${hint(path)}` };
  if (code === 'EACCES') return { code: 'INPUT_UNREADABLE', message: `${path} cannot be read: permission denied.` };
  return { code: 'INPUT_UNREADABLE', message: `${path} cannot be read: ${message}` };
}
