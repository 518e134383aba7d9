import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { reach } from './fault-points.ts';

/** Some bytes of a file that are on disk, with their SHA-256. */
export interface FilePart {
  readonly bytes: number;
  readonly digest: string;
}

const CHUNK_BYTES = 8 << 20;

export function bytesOf(parts: readonly FilePart[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** A file that grows at its end. Digests what it is given, part by part, where somebody wants to go on with it later. */
export class GrowingFile {
  readonly handle: FileHandle;
  #parts: readonly FilePart[];
  #position: number;
  #hash: Hash | undefined;

  private constructor(handle: FileHandle, { parts, hash }: { parts: readonly FilePart[]; hash: Hash | undefined }) {
    this.handle = handle;
    this.#parts = parts;
    this.#position = bytesOf(parts);
    this.#hash = hash;
  }

  /** A new file without digests. */
  static async create(path: string): Promise<GrowingFile> {
    return new GrowingFile(await open(path, 'wx'), { parts: [], hash: undefined });
  }

  /** Cuts a file back to the parts that it begins with. Without parts it is replaced, whatever is there. */
  static async goOn(path: string, parts: readonly FilePart[]): Promise<GrowingFile> {
    // Removed, not emptied: another process may have the old one open.
    if (parts.length === 0) await rm(path, { force: true });
    const handle = await open(path, parts.length === 0 ? 'wx+' : 'r+');
    await handle.truncate(bytesOf(parts));
    return new GrowingFile(handle, { parts, hash: createHash('sha256') });
  }

  async append(chunks: readonly Uint8Array[]): Promise<void> {
    for (const chunk of chunks) {
      this.#hash?.update(chunk);
      for (let done = 0; done < chunk.length; ) {
        const { bytesWritten } = await this.handle.write(chunk, done, chunk.length - done, this.#position);
        done += bytesWritten;
        this.#position += bytesWritten;
      }
      reach('table.half-written');
    }
  }

  /** Returns when all bytes outlast a power cut. Does nothing for a file without digests: nobody goes on with it. */
  async sync(): Promise<readonly FilePart[]> {
    const bytes = this.#position - bytesOf(this.#parts);
    if (bytes === 0 || this.#hash === undefined) return this.#parts;
    await this.handle.datasync();
    this.#parts = [...this.#parts, { bytes, digest: this.#hash.digest('hex') }];
    this.#hash = createHash('sha256');
    reach('table.synced');
    return this.#parts;
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** What is wrong with the first bytes of a file; undefined when they are those of `parts`. Memory does not grow with the file. */
export async function findFileFault(path: string, parts: readonly FilePart[]): Promise<string | undefined> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (handle === undefined) return `${path} cannot be opened`;
  try {
    let position = 0;
    for (const { bytes, digest } of parts) {
      if ((await digestAt(handle, position, bytes)) !== digest)
        return `the bytes ${position} to ${position + bytes} of ${path} have changed since they were written`;
      position += bytes;
    }
    return undefined;
  } finally {
    await handle.close();
  }
}

async function digestAt(handle: FileHandle, position: number, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(Math.min(CHUNK_BYTES, bytes));
  for (let done = 0; done < bytes; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, bytes - done), position + done);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    done += bytesRead;
  }
  return hash.digest('hex');
}
