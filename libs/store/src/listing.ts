import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RetortError } from '@retort/foundation/diagnostics';
import { digestJson, type TreeEntry } from '@retort/foundation/digest';
import { readStored } from './stored.ts';

/** What an artifact holds, beside it as JSON. Proves itself: its digest is the artifact's name. */
export type Listing = readonly TreeEntry[];

export function digestOfListing(listing: Listing): string {
  return digestJson(listing.map(({ name, digest }) => ({ name, digest })));
}

/** Undefined unless the file holds a listing that belongs to `digest`. */
export async function readListingAt(path: string, digest: string): Promise<Listing | undefined> {
  const listing = await readStored('listing', path);
  return listing?.every(({ name }) => isSafeName(name)) && digestOfListing(listing) === digest ? listing : undefined;
}

/** A relative path that stays inside its folder on every system. */
function isSafeName(name: string): boolean {
  // oxlint-disable-next-line no-control-regex -- names with control characters are what is refused
  if (/[\u0000-\u001f\\:]/.test(name)) return false;
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
        `An artifact can contain only plain files, but ${JSON.stringify(name)} in ${folder} is ${found}.`,
      );
    }
    names.push(name);
  }
  return names.sort();
}
