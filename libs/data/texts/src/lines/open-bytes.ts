import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { InvalidInputError } from '@retort/foundation/diagnostics';
import { pointerIn } from './pointer.ts';

const CHUNK_BYTES = 1 << 20;

/** Text packs to a tenth or a twentieth. What goes beyond this, after a first piece, was made to fill a disk or a day. */
const MAX_RATIO = 100;
const UNCHECKED_BYTES = 16 << 20;

/** Whether bytes are more than those that they were packed in could hold of text. @param free  bytes that anything may have */
export function unpacksTooFar({ packed, unpacked, free }: { packed: number; unpacked: number; free: number }): boolean {
  return unpacked > free && unpacked > MAX_RATIO * packed;
}

/**
 * A file to read.
 *
 * @throws InvalidInputError INPUT_GIT_LFS, INPUT_GIT_ANNEX
 * @throws Error of the operating system: see `unreadable`
 */
export async function openFile(path: string, label: string): Promise<FileHandle> {
  const pointer = await pointerIn(path);
  if (pointer === undefined) return open(path, 'r');
  throw new InvalidInputError([{ ...pointer, location: { file: label } }]);
}

/**
 * Bytes of a file, unpacked if it begins as a gzip file does.
 *
 * @throws InvalidInputError INPUT_GIT_LFS, INPUT_GIT_ANNEX
 * @throws Error `UNPACKS_TOO_FAR` when what was unpacked is more than 100 times what was read for it: see `unreadable`
 */
export async function* openBytes(path: string, label: string): AsyncGenerator<Buffer> {
  const handle = await openFile(path, label);
  try {
    const packed = await isGzip(handle);
    const bytes: Readable = handle.createReadStream({ start: 0, highWaterMark: CHUNK_BYTES, autoClose: false });
    if (packed) yield* unpacked(bytes);
    else for await (const chunk of bytes) yield chunk as Buffer;
  } finally {
    await handle.close();
  }
}

async function* unpacked(bytes: Readable): AsyncGenerator<Buffer> {
  const unpacker = createGunzip({ chunkSize: CHUNK_BYTES });
  let total = 0;
  for await (const chunk of pipeline(bytes, unpacker, () => undefined)) {
    total += (chunk as Buffer).length;
    if (unpacksTooFar({ packed: unpacker.bytesWritten, unpacked: total, free: UNCHECKED_BYTES }))
      throw Object.assign(new Error('unpacks too far'), { code: 'UNPACKS_TOO_FAR' });
    yield chunk as Buffer;
  }
}

/** `DATA_UNREADABLE`, with the operating system's or the unpacker's reason. */
export function unreadable(label: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined || error instanceof InvalidInputError) return error;
  const reason = REASONS[code] ?? message;
  return new InvalidInputError([
    { code: 'DATA_UNREADABLE', message: `This file cannot be read: ${reason}.`, location: { file: label } },
  ]);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  Z_BUF_ERROR: 'it is a truncated gzip file',
  Z_DATA_ERROR: 'it is a damaged gzip file',
  UNPACKS_TOO_FAR: `it is a gzip file that unpacks to more than ${MAX_RATIO} times its size, which is too much for text`,
};

async function isGzip(handle: FileHandle): Promise<boolean> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
  return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
}
