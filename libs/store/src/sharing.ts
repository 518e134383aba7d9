import { constants, type Stats } from 'node:fs';
import { lstat, open, readdir, readlink, realpath, rename, rmdir, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { makeFolder } from '@retort/foundation/diagnostics';
import type { StoreLayout } from './layout.ts';
import { randomSuffix } from './random-suffix.ts';

const BITS_OF_FOLDER = 0o7777;
const BITS_OF_NEW_FOLDER = 0o777;
const BITS_OF_FILE = 0o666;
const BITS_TO_WRITE = 0o222;

/** Makes a folder in a store, with those above it, as all who share the store need it: see `share`. */
export async function makeSharedFolder(layout: StoreLayout, path: string): Promise<void> {
  if (path === layout.root || (await isThere(path))) return makeFolder(path);
  await makeSharedFolder(layout, dirname(path));
  await ((await isSharedFromTheStart(layout)) ? makeFolder(path) : makeShared(layout, path));
}

/** Whether what this process makes has the permissions and the owner of the store's folder anyway. */
async function isSharedFromTheStart({ root }: StoreLayout): Promise<boolean> {
  const user = process.geteuid?.();
  if (user === undefined) return true;
  const { uid, mode } = await stat(root);
  return uid === user && (mode & BITS_OF_FOLDER) === (BITS_OF_NEW_FOLDER & ~process.umask());
}

/** Gets its name only when others may write it, too: they may be waiting to put something into it. */
async function makeShared(layout: StoreLayout, path: string): Promise<void> {
  const made = `${path}.${process.pid}-${randomSuffix()}.tmp`;
  await makeFolder(made);
  try {
    await share(layout, made);
    if (!(await isThere(path))) await rename(made, path);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await rmdir(made).catch(() => {});
  }
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
