import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { canonicalJson } from './canonical-json.ts';

/** SHA-256 as 64 lower-case hexadecimal digits, of bytes. */
export type Digest = string;

export function digestBytes(bytes: Uint8Array | string): Digest {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Digest of a JSON value that does not depend on key order or white space. */
export function digestJson(value: unknown): Digest {
  return digestBytes(canonicalJson(value));
}

/**
 * Digest of a file's bytes, streamed: memory does not grow with its size. Never waits: what is no plain file is not read.
 *
 * @param copyTo  where the bytes are written to, as they are read, for this user alone; no file is there
 * @throws Error EISDIR, or EINVAL for a pipe or a device
 */
export async function digestFile(path: string, { copyTo }: { copyTo?: string } = {}): Promise<Digest> {
  const hash = createHash('sha256');
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await file.stat();
    if (!stats.isFile())
      throw Object.assign(new Error('it is not a plain file'), {
        code: stats.isDirectory() ? 'EISDIR' : 'EINVAL',
        path,
      });
    const copy = copyTo === undefined ? undefined : await open(copyTo, 'wx', 0o600);
    try {
      // Not piped into the hash: as a stream it takes nearly twice as long.
      for await (const chunk of file.createReadStream({ highWaterMark: 1 << 20, autoClose: false })) {
        hash.update(chunk as Buffer);
        await copy?.writeFile(chunk as Buffer);
      }
    } finally {
      await copy?.close();
    }
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}
