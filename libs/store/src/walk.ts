import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent } from './files.ts';
import { isDigest, type StoreLayout } from './layout.ts';

/** The digests or keys that something is named by in a folder of prefixes: `<2>/<digest>`, with or without `.json`. Sorted. */
export async function namesByPrefix(layout: StoreLayout, folder: string): Promise<string[]> {
  const names = new Set<string>();
  for (const prefix of await entriesOf(layout, folder)) {
    if (!prefix.isDirectory()) continue;
    for (const { name } of await entriesOf(layout, join(folder, prefix.name))) {
      const digest = name.replace(/\.json$/, '');
      if (isDigest(digest) && digest.startsWith(prefix.name)) names.add(digest);
    }
  }
  return [...names].sort();
}

/** Nothing where the folder is absent, or another user's that this one may not read. */
export async function entriesOf({ refusals }: StoreLayout, folder: string): Promise<Dirent[]> {
  let entries: Dirent[] = [];
  const read = async () => {
    entries = await readdir(folder, { withFileTypes: true });
  };
  try {
    await refusals.tolerate(folder, 'read', read);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  return entries;
}
