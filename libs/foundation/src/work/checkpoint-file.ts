import { createHash, type Hash, randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RetortError } from '../diagnostics/index.ts';
import type { Checkpoint, CheckpointContent } from './checkpoints.ts';
import { reach } from './fault-points.ts';

/** Raised when what lies in the file changes its meaning. */
const FORMAT = 1;
const LENGTH_BYTES = 8;
const DIGEST_BYTES = 32;
const HEADER_LIMIT = 1 << 28;
const CHUNK_BYTES = 8 << 20;
const TEMPORARY = '.tmp';

interface Header {
  readonly format: number;
  /** What it belongs to; see `identityOf`. */
  readonly identity: string;
  readonly state: unknown;
  /** Name and number of values of each array, in the order of the file. */
  readonly arrays: readonly (readonly [name: string, length: number])[];
}

/**
 * Writes a checkpoint: 8 bytes of header length, the header as JSON, the arrays' bytes one after the other, and the SHA-256
 * of all of it. Numbers are little-endian. Whoever reads `path`, at any time, sees a whole file or none.
 */
export async function writeCheckpointFile(
  path: string,
  identity: string,
  { state, arrays = new Map() }: CheckpointContent,
): Promise<void> {
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}${TEMPORARY}`;
  try {
    const file = await open(temporary, 'wx');
    try {
      reach('checkpoint.begun');
      const header: Header = {
        format: FORMAT,
        identity,
        state,
        arrays: [...arrays].map(([name, values]) => [name, values.length]),
      };
      const hash = createHash('sha256');
      for (const part of [...headerBytes(header), ...[...arrays.values()].map(bytesOf)]) await append(file, hash, part);
      await file.writeFile(hash.digest());
      await file.sync();
    } finally {
      await file.close();
    }
    reach('checkpoint.written');
    await rename(temporary, path);
    await syncFolder(dirname(path));
    reach('checkpoint.renamed');
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

export function isTemporary(name: string): boolean {
  return name.endsWith(TEMPORARY);
}

/**
 * Reads a checkpoint's header, after all of its bytes were compared with their digest. Memory does not grow with the file.
 *
 * @throws RetortError CHECKPOINT_DAMAGED, CHECKPOINT_FOREIGN, with what is wrong as the message
 */
export async function readCheckpointFile(path: string, identity: string): Promise<Checkpoint> {
  const file = await open(path, 'r');
  try {
    const { header, arraysAt } = await readHeader(file);
    if (header.format !== FORMAT || header.identity !== identity) {
      throw new RetortError('CHECKPOINT_FOREIGN', 'it belongs to other settings, inputs or code');
    }
    return { state: header.state, readArrays: (targets) => readArrays(path, header, arraysAt, targets) };
  } finally {
    await file.close();
  }
}

function headerBytes(header: Header): Uint8Array[] {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(json.length));
  return [length, json];
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

async function append(file: FileHandle, hash: Hash, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const chunk = bytes.subarray(at, at + CHUNK_BYTES);
    hash.update(chunk);
    await file.writeFile(chunk);
  }
}

async function readHeader(file: FileHandle): Promise<{ header: Header; arraysAt: number }> {
  const { size } = await file.stat();
  const damaged = (what: string) => new RetortError('CHECKPOINT_DAMAGED', what);
  if (size < LENGTH_BYTES + DIGEST_BYTES) throw damaged(`it has ${size} bytes`);
  if (!(await hasOwnDigest(file, size))) throw damaged('its bytes do not match its digest');
  const lengthBytes = await readAt(file, 0, LENGTH_BYTES);
  const length = Number(lengthBytes.readBigUInt64LE());
  if (length > HEADER_LIMIT || LENGTH_BYTES + length + DIGEST_BYTES > size)
    throw damaged(`its header claims ${length} of ${size} bytes`);
  const header = parseHeader((await readAt(file, LENGTH_BYTES, length)).toString('utf8'));
  if (header === undefined) throw damaged('its header is invalid');
  return { header, arraysAt: LENGTH_BYTES + length };
}

function parseHeader(text: string): Header | undefined {
  try {
    const header = JSON.parse(text) as Header | null;
    // Its digest proves nothing but that it is whole: whoever may write the folder can write one.
    const isOurs = Array.isArray(header?.arrays) && header.arrays.every(isArrayEntry) && isState(header.state);
    return isOurs ? header : undefined;
  } catch {
    return undefined;
  }
}

function isArrayEntry(entry: unknown): boolean {
  return Array.isArray(entry) && typeof entry[0] === 'string' && Number.isSafeInteger(entry[1]) && entry[1] >= 0;
}

/** Every stage keeps its position as an object. */
function isState(state: unknown): boolean {
  return typeof state === 'object' && state !== null && !Array.isArray(state);
}

async function hasOwnDigest(file: FileHandle, size: number): Promise<boolean> {
  const hash = createHash('sha256');
  const end = size - DIGEST_BYTES;
  for (let at = 0; at < end; at += CHUNK_BYTES) hash.update(await readAt(file, at, Math.min(CHUNK_BYTES, end - at)));
  return hash.digest().equals(await readAt(file, end, DIGEST_BYTES));
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  await fill(file, bytes, position);
  return bytes;
}

async function fill(file: FileHandle, target: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < target.length; ) {
    const length = Math.min(CHUNK_BYTES, target.length - done);
    const { bytesRead } = await file.read(target, done, length, position + done);
    if (bytesRead === 0) throw new RetortError('CHECKPOINT_DAMAGED', `it ends at byte ${position + done}`);
    done += bytesRead;
  }
}

async function readArrays(
  path: string,
  { arrays }: Header,
  arraysAt: number,
  targets: ReadonlyMap<string, Float32Array>,
): Promise<void> {
  const saved = new Map(arrays);
  const other = [...new Set([...saved.keys(), ...targets.keys()])].find(
    (name) => saved.get(name) !== targets.get(name)?.length,
  );
  if (other !== undefined) {
    throw new RetortError(
      'CHECKPOINT_DOES_NOT_FIT',
      `${path}: the array ${other} has ${saved.get(other) ?? 'no'} values, expected ${targets.get(other)?.length ?? 'none'}. Delete the file. The stage resumes from the previous checkpoint, or starts again.`,
    );
  }
  const file = await open(path, 'r');
  try {
    let position = arraysAt;
    for (const [name, length] of arrays) {
      await fill(file, bytesOf(targets.get(name) as Float32Array), position);
      position += length * Float32Array.BYTES_PER_ELEMENT;
    }
  } finally {
    await file.close();
  }
}

/** Makes the names in a folder outlast a power cut. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
