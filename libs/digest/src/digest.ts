import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
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

/** Digest of a file's bytes, streamed: memory does not grow with its size. */
export async function digestFile(path: string): Promise<Digest> {
  const hash = createHash('sha256');
  // Not piped into the hash: as a stream it takes nearly twice as long.
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
