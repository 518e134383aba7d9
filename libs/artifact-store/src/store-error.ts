import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { diskError, RetortError } from '@retort/diagnostics';

const NOT_ALLOWED = ['EACCES', 'EPERM'];

/** The error of a disk as one clear RetortError; of a store that belongs to somebody else it says whose it is. */
export async function storeError(root: string, error: unknown, doing: string): Promise<unknown> {
  const { code = '', path } = (error ?? {}) as NodeJS.ErrnoException;
  const user = process.geteuid?.();
  if (error instanceof RetortError || !NOT_ALLOWED.includes(code) || user === undefined) return diskError(error, doing);
  const owner = await ownerOf(path ?? root);
  if (owner === undefined || owner === user) return diskError(error, doing);
  const where = path === undefined ? '' : ` at ${path}`;
  return new RetortError(
    'DISK_NO_PERMISSION',
    `Could not ${doing}${where}. It belongs to ${userText(owner)}, and you are ${userText(user)}. Choose another store with --store, or let its owner share this one: chown -R, or chmod -R g+rwX, on ${root}.`,
    { cause: error },
  );
}

/** Of the nearest folder that is there. */
async function ownerOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined) return found.uid;
  return dirname(path) === path ? undefined : ownerOf(dirname(path));
}

export function userText(user: number): string {
  return user === 0 ? 'root' : `user ${user}`;
}
