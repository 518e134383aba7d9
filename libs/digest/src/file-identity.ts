import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';

/**
 * What a file system says of a file: device, inode, size, and the times of its bytes and of itself, in nanoseconds. Two that are
 * equal are the same file, unchanged, as far as its file system's clock can tell. Never compared with the time of a
 * machine, whose clock may be another. As text: nanoseconds do not fit a number.
 */
export type FileIdentity = string;

/** Of the file that a link leads to. */
export async function fileIdentity(path: string): Promise<FileIdentity> {
  return identityIn(await stat(path, { bigint: true }));
}

export function identityIn({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileIdentity {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}
