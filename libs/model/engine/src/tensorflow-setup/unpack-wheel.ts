import { createWriteStream } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeFolder } from '@retort/foundation/diagnostics';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import type { OnProgress } from './progress.ts';

/** The parts of a wheel that the addon is compiled against or that are loaded. A whole TensorFlow is four times as large. */
const NEEDED = [
  /^tensorflow\/libtensorflow_(?:cc|framework)\.so\.2$/,
  /^tensorflow\/include\/tensorflow\/c\//,
  /^tensorflow\/include\/tensorflow\/core\/platform\/ctstring/,
  /^tensorflow\/include\/(?:xla\/)?tsl\//,
  /^tensorflow\/THIRD_PARTY_NOTICES/,
  /^nvidia\/[^/]+\/lib\//,
  /^nvidia\/cuda_nvcc\/(?:bin\/ptxas$|nvvm\/libdevice\/)/,
  /^[^/]+\.dist-info\/(?:licenses\/)?LICEN[CS]E/i,
];
const PROGRAMS = /\/bin\//;

/** Unpacks what is needed of a wheel, which is a ZIP archive, entry by entry. yauzl refuses names that lead out of the folder. */
export async function unpackWheel({
  file,
  folder,
  onProgress,
}: {
  file: string;
  folder: string;
  onProgress: OnProgress;
}): Promise<void> {
  const archive = await openPromise(file, { lazyEntries: true, autoClose: false });
  try {
    const entries = await neededEntries(archive);
    const total = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
    let done = 0;
    for (const entry of entries) {
      await unpackEntry(archive, entry, folder);
      done += entry.uncompressedSize;
      onProgress({ step: `unpack ${basename(file)}`, done, total });
    }
  } finally {
    archive.close();
  }
}

async function neededEntries(archive: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of archive.eachEntry()) {
    const { fileName } = entry;
    if (!fileName.endsWith('/') && NEEDED.some((pattern) => pattern.test(fileName))) entries.push(entry);
  }
  return entries;
}

async function unpackEntry(archive: ZipFile, entry: Entry, folder: string): Promise<void> {
  const target = join(folder, entry.fileName);
  await makeFolder(dirname(target));
  const mode = PROGRAMS.test(entry.fileName) ? 0o755 : 0o644;
  await pipeline(await archive.openReadStreamPromise(entry), createWriteStream(target, { mode }));
}
