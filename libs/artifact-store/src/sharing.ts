import { constants, type Stats } from 'node:fs';
import { lstat, open, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { makeFolder } from '@retort/diagnostics';
import type { StoreLayout } from './layout.ts';

const BITS_OF_FOLDER = 0o7777;
const BITS_OF_FILE = 0o666;
const BITS_TO_WRITE = 0o222;

/** Makes a folder in a store, with those above it, as all who share the store need it: see `share`. */
export async function makeSharedFolder(layout: StoreLayout, path: string): Promise<void> {
  const missing: string[] = [];
  for (let each = path; each !== layout.root && !(await isThere(each)); each = dirname(each)) missing.push(each);
  await makeFolder(path);
  for (const made of missing) await share(layout, made);
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/**
 * Gives something new in a store the permissions of the store's own folder; what root makes gets that folder's owner too.
 * Otherwise one run of another user would leave folders behind in which the others can write and remove nothing.
 */
export async function share(layout: StoreLayout, path: string): Promise<void> {
  const user = process.geteuid?.();
  if (user === undefined) return;
  // Refused by a file system that knows no owners or permissions; there nobody is shut out either.
  await adopt(path, { root: layout.root, user }).catch(() => {});
}

/** The same of all that lies below a folder. */
export async function shareTree(layout: StoreLayout, folder: string): Promise<void> {
  await share(layout, folder);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    await share(layout, join(entry.parentPath, entry.name));
}

/** Through an open file whose place the system tells: a path could be led out of the store by a link that is put there meanwhile. */
async function adopt(path: string, { root, user }: { root: string; user: number }): Promise<void> {
  const store = await stat(root);
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const own = await file.stat();
    if (own.uid !== user || !(own.isDirectory() || (own.isFile() && own.nlink === 1))) return;
    const bits = permissionsOf(own, store);
    if (user === 0 && store.uid !== 0) {
      const place = await readlink(`/proc/self/fd/${file.fd}`);
      if (place.startsWith((await realpath(root)) + sep)) await file.chown(store.uid, store.gid);
    }
    if ((own.mode & BITS_OF_FOLDER) !== bits) await file.chmod(bits);
  } finally {
    await file.close();
  }
}

/** A file that is read-only stays so. */
function permissionsOf(own: Stats, store: Stats): number {
  if (own.isDirectory()) return store.mode & BITS_OF_FOLDER;
  return store.mode & BITS_OF_FILE & ((own.mode & BITS_TO_WRITE) === 0 ? ~BITS_TO_WRITE : ~0);
}
