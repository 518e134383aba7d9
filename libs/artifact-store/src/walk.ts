import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent } from './files.ts';
import { isDigest } from './layout.ts';

/** The digests or keys that something is named by in a folder of prefixes: `<2>/<digest>`, with or without `.json`. Sorted. */
export async function namesByPrefix(folder: string): Promise<string[]> {
  const names = new Set<string>();
  for (const prefix of await entriesOf(folder)) {
    if (!prefix.isDirectory()) continue;
    for (const { name } of await entriesOf(join(folder, prefix.name))) {
      const digest = name.replace(/\.json$/, '');
      if (isDigest(digest) && digest.startsWith(prefix.name)) names.add(digest);
    }
  }
  return [...names].sort();
}

/** Nothing where the folder is absent. */
export async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}
