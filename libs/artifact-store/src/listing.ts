import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RetortError } from '@retort/diagnostics';
import { digestJson, type TreeEntry } from '@retort/digest';
import { isDigest } from './layout.ts';

/** What an artifact holds, beside it as JSON. Proves itself: its digest is the artifact's name. */
export type Listing = readonly TreeEntry[];

export function digestOfListing(listing: Listing): string {
  return digestJson(listing.map(({ name, digest }) => ({ name, digest })));
}

/** Undefined unless `value` is a listing that belongs to `digest`. */
export function parseListing(value: unknown, digest: string): Listing | undefined {
  if (!Array.isArray(value) || !value.every(isEntry)) return undefined;
  return digestOfListing(value) === digest ? value : undefined;
}

function isEntry(value: unknown): value is TreeEntry {
  const { name, bytes, digest } = (value ?? {}) as Partial<TreeEntry>;
  return isSafeName(name) && Number.isSafeInteger(bytes) && (bytes as number) >= 0 && isDigest(digest);
}

/** A relative path that stays inside its folder on every system. */
function isSafeName(name: unknown): name is string {
  // oxlint-disable-next-line no-control-regex -- names with control characters are what is refused
  if (typeof name !== 'string' || /[\u0000-\u001f\\:]/.test(name)) return false;
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

export function totalBytes(listing: Listing): number {
  return listing.reduce((sum, { bytes }) => sum + bytes, 0);
}

/**
 * The names of the files below a folder, sorted.
 *
 * @throws RetortError ARTIFACT_NOT_PLAIN for a link, a socket or a name that does not suit every system
 */
export async function listPlainFiles(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const name = join(entry.parentPath, entry.name)
      .slice(folder.length + 1)
      .replaceAll('\\', '/');
    if (entry.isDirectory()) continue;
    if (!entry.isFile() || !isSafeName(name)) {
      const found = entry.isSymbolicLink() ? 'a link' : entry.isFile() ? 'a name that is not allowed' : 'no plain file';
      throw new RetortError(
        'ARTIFACT_NOT_PLAIN',
        `An artifact may hold plain files only, but ${JSON.stringify(name)} in ${folder} is ${found}.`,
      );
    }
    names.push(name);
  }
  return names.sort();
}
