import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeFolder, RetortError } from '@retort/foundation/diagnostics';
import type { HubFile } from './file-list.ts';
import { noSpace } from './hub-errors.ts';
import { type HubRequest, requestHub } from './request.ts';

/** How often a file that ends too early is resumed. */
const ATTEMPTS = 3;

export interface FileDownload {
  readonly file: HubFile;
  readonly url: string;
  /** Where it goes; nothing is there under this name before all of it has come and is right. */
  readonly blob: string;
  readonly request: HubRequest;
  /** Bytes of this file that are there. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Downloads one file, from where an earlier try has stopped, and checks it.
 *
 * @throws RetortError HUB_NO_SPACE where the rest of it does not fit, HUB_INCOMPLETE for a file that keeps ending too early
 * (in both cases what was fetched is kept), HUB_CHECKSUM for bytes that are not the file's (nothing is kept), and what `requestHub` throws
 */
export async function downloadFile(download: FileDownload): Promise<void> {
  const { file, blob, request, onBytes } = download;
  await makeFolder(dirname(blob));
  const partial = await claimPartial(blob);
  try {
    const folder = dirname(blob);
    const [missing, free] = [file.size - (await sizeOf(partial)), await freeBytes(folder)];
    if (free < missing) throw noSpace(request.asked, { path: file.path, missing, folder, free });
    for (let attempt = 1; (await sizeOf(partial)) < file.size || attempt === 1; attempt++) {
      await appendRest(download, partial);
      const size = await sizeOf(partial);
      onBytes(size);
      if (size >= file.size) break;
      if (attempt === ATTEMPTS) throw incomplete(file, size, request.asked);
    }
    if (!(await isRight(partial, file))) {
      await rm(partial, { force: true });
      throw wrongBytes(file, request.asked);
    }
    await rename(partial, blob);
  } catch (error) {
    await rename(partial, `${blob}.incomplete`).catch(() => undefined);
    throw error;
  }
}

/** Whether a file's bytes are those that the hub has listed. */
export async function isRight(path: string, { size, digest }: HubFile): Promise<boolean> {
  if ((await sizeOf(path)) !== size) return false;
  const hash = createHash(digest.kind === 'git' ? 'sha1' : 'sha256');
  if (digest.kind === 'git') hash.update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex') === digest.value;
}

/** What an earlier try has left, under a name that only this process writes to. */
async function claimPartial(blob: string): Promise<string> {
  const claimed = `${blob}.incomplete.${process.pid}`;
  const prefix = `${basename(blob)}.incomplete`;
  for (const name of await readdir(dirname(blob))) {
    if (!name.startsWith(prefix)) continue;
    const owner = Number(name.slice(prefix.length + 1));
    if (name !== prefix && isAlive(owner)) continue;
    const moved = await rename(join(dirname(blob), name), claimed).then(
      () => true,
      () => false,
    );
    if (moved) break;
  }
  return claimed;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function appendRest({ file, url, request, onBytes }: FileDownload, partial: string): Promise<void> {
  const have = await sizeOf(partial);
  if (have > 0 && have >= file.size) return;
  // Packed, a file has another length than is listed, and cannot be resumed.
  const range = have > 0 ? { range: `bytes=${have}-` } : undefined;
  const answer = await requestHub(url, request, { 'accept-encoding': 'identity', ...range });
  // Without 206 the file comes from its beginning; 416 says that nothing is left, which the check will find out.
  const isRest = answer.status === 206;
  if (answer.status === 416 || (isRest && !isRestOf(file, have, answer.headers))) {
    answer.cancel();
    return rm(partial, { force: true });
  }
  let bytes = isRest ? have : 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of answer.bytes(file.size - bytes)) {
      onBytes((bytes += chunk.length));
      yield chunk;
    }
  };
  await pipeline(counted, createWriteStream(partial, { flags: isRest ? 'a' : 'w' })).catch(async (error: Error) => {
    request.signal?.throwIfAborted();
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'HUB_TOO_LONG') await rm(partial, { force: true });
    // A connection that breaks or stalls is a file that ends too early; a disk that is full is not.
    if (['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'HUB_TOO_LONG'].includes(code)) throw error;
  });
}

/** Whether an answer begins where a file is to be resumed, and is of a file of the listed length. */
function isRestOf({ size }: HubFile, from: number, headers: Headers): boolean {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
  return Number(start) === from && (total === '*' || Number(total) === size);
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

function incomplete({ path, size }: HubFile, got: number, asked: string): RetortError {
  return new RetortError(
    'HUB_INCOMPLETE',
    `The download of ${path} of ${asked} stopped after ${got} of ${size} bytes. It was tried ${ATTEMPTS} times. Run again to resume it.`,
  );
}

function wrongBytes({ path, digest }: HubFile, asked: string): RetortError {
  return new RetortError(
    'HUB_CHECKSUM',
    `The bytes of ${path} of ${asked} do not match the hub's ${digest.kind === 'git' ? 'Git SHA-1' : 'SHA-256'} ${digest.value}, so they were deleted. Run again. If this repeats, a proxy may be changing the file.`,
  );
}
