import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Wheel } from '@retort/engine/tensorflow-builds';
import { makeFolder, RetortError } from '@retort/foundation/diagnostics';
import { reasonOf } from './package-index.ts';
import type { OnProgress } from './progress.ts';

/** A connection that breaks is taken up again this often, where it broke. */
const ATTEMPTS = 4;

interface Download {
  readonly wheel: Wheel;
  /** Where it goes; `<file>.part` while it is not complete, and kept for the next time when it breaks off. */
  readonly file: string;
  /** Asked only when there is something left to fetch. */
  readonly locate: () => Promise<URL>;
  readonly onProgress: OnProgress;
}

/** @throws RetortError WHEEL_CHECKSUM: what was fetched is removed; DOWNLOAD_FAILED: it is kept, and the next try resumes */
export async function download({ wheel, file, locate, onProgress }: Download): Promise<void> {
  if ((await sizeOf(file)) > 0) return;
  const part = `${file}.part`;
  await makeFolder(dirname(file));
  if ((await sizeOf(part)) < wheel.bytes) await fetchRest({ wheel, part, url: await locate(), onProgress });
  onProgress({ step: `check ${wheel.file}` });
  const sha256 = await digestFile(part);
  if (sha256 !== wheel.sha256) {
    await rm(part, { force: true });
    throw new RetortError(
      'WHEEL_CHECKSUM',
      `The download of ${wheel.file} has the checksum ${sha256}, expected ${wheel.sha256}, so it was deleted. Run the command again. If this repeats, use another index with --index.`,
    );
  }
  await rename(part, file);
}

async function fetchRest(rest: Pick<Download, 'wheel' | 'onProgress'> & { part: string; url: URL }): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetchOnce(rest);
    } catch (cause) {
      if (cause instanceof RetortError) throw cause;
      if ((cause as NodeJS.ErrnoException).code === 'ENOSPC') throw cause;
      if (attempt < ATTEMPTS) continue;
      throw new RetortError(
        'DOWNLOAD_FAILED',
        `${rest.wheel.file} could not be downloaded from ${rest.url.host}: ${reasonOf(cause)}. Run the same command again to resume.`,
        { cause },
      );
    }
  }
}

async function fetchOnce({ wheel, part, url, onProgress }: Parameters<typeof fetchRest>[0]): Promise<void> {
  const have = await sizeOf(part);
  const response = await fetch(url, { headers: have > 0 ? { range: `bytes=${have}-` } : {} });
  if (!response.ok || response.body === null) throw new Error(`the server answers ${response.status}`);
  // A server that does not know ranges sends everything.
  const from = response.status === 206 ? have : 0;
  let done = from;
  const counted = Readable.fromWeb(response.body as never).on('data', (chunk: Buffer) => {
    done += chunk.length;
    onProgress({ step: `fetch ${wheel.file}`, done, total: wheel.bytes });
  });
  await pipeline(counted, createWriteStream(part, { flags: from > 0 ? 'a' : 'w' }));
  if (done < wheel.bytes) throw new Error(`the connection ended after ${done} of ${wheel.bytes} bytes`);
}

/** 0 where there is no file. */
async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

export async function digestFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
