import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { type Digest, digestFile, digestJson } from './digest.ts';

/** One file of a tree. `name` is relative to the tree's root with `/` between folders; '' when the root is a file. */
export interface TreeEntry {
  readonly name: string;
  readonly bytes: number;
  readonly digest: Digest;
}

/** The files below `root` in sorted order (by code unit, so that no locale decides), folders not listed. */
export async function listTree(root: string): Promise<string[]> {
  if (!(await stat(root)).isDirectory()) return [''];
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files: string[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() || (entry.isSymbolicLink() && (await stat(path)).isFile())) {
      files.push(relative(root, path).replaceAll(sep, '/'));
    }
  }
  return files.sort();
}

/** Digest of a file or folder by what it holds: names inside it and bytes, never where it lies or when it was written. */
export async function digestTree(root: string): Promise<{ digest: Digest; entries: TreeEntry[] }> {
  const entries: TreeEntry[] = [];
  for (const name of await listTree(root)) {
    const path = name === '' ? root : join(root, name);
    entries.push({ name, bytes: (await stat(path)).size, digest: await digestFile(path) });
  }
  return { digest: digestJson(entries.map(({ name, digest }) => ({ name, digest }))), entries };
}
