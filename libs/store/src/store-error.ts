import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { diskError, RetortError } from '@retort/foundation/diagnostics';

const NOT_ALLOWED = ['EACCES', 'EPERM'];

/** The error of a disk as one clear RetortError; of a store that belongs to another user it says whose it is. */
export async function storeError(root: string, error: unknown, doing: string): Promise<unknown> {
  const { code = '', path } = (error ?? {}) as NodeJS.ErrnoException;
  const user = process.geteuid?.();
  if (error instanceof RetortError || !NOT_ALLOWED.includes(code) || user === undefined) return diskError(error, doing);
  const { folder, owner } = (await nearestFolder(path ?? root)) ?? {};
  if (folder === undefined || owner === undefined || owner === user) return diskError(error, doing);
  const where = path === undefined ? '' : ` at ${path}`;
  const isThere = folder.startsWith(root);
  const share = isThere ? `, or let its owner share this one: chown -R, or chmod -R g+rwX, on ${root}` : '';
  return new RetortError(
    'DISK_NO_PERMISSION',
    `Could not ${doing}${where}. ${isThere ? root : folder} belongs to ${userText(owner)}, and you are ${userText(user)}. Choose another store with --store${share}.`,
    { cause: error },
  );
}

/** The nearest folder that is there, and whose it is. */
async function nearestFolder(path: string): Promise<{ folder: string; owner: number } | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined) return { folder: path, owner: found.uid };
  return dirname(path) === path ? undefined : nearestFolder(dirname(path));
}

/** `root`, or `user 1000`. */
export function userText(user: number): string {
  return user === 0 ? 'root' : `user ${user}`;
}
