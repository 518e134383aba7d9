import { appendFile, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '@retort/diagnostics';
import { digestJson } from '@retort/digest';
import { isPresent } from './artifacts.ts';
import { isAbsent, isPlainFile, linkStatOf, randomSuffix, readJson, writeAtomically } from './files.ts';
import { isDigest, type StoreLayout } from './layout.ts';
import type { StageRecord } from './record.ts';
import { entriesOf } from './walk.ts';

const RECENT_RECORDS = 200;
const INDEX_LINE_BYTES = 65;

/** Replaces the record of the same key, if there is one. */
export async function writeRecord(layout: StoreLayout, record: StageRecord): Promise<void> {
  await writeAtomically(layout.record(record.key), recordText(record));
  await addToIndex(layout, record);
}

/** A record as it is stored. */
export function recordText(record: StageRecord): string {
  return JSON.stringify({ checksum: digestJson(record), record });
}

export async function addToIndex(layout: StoreLayout, record: StageRecord): Promise<void> {
  const index = layout.recordIndex(record.uses);
  await makeFolder(dirname(index));
  if ((await linkStatOf(index))?.isSymbolicLink()) await rm(index);
  await appendFile(index, `${record.key}\n`);
}

/** Files of the indexes of records, one for each kind of stage. */
export async function indexFiles(layout: StoreLayout): Promise<string[]> {
  const folder = dirname(layout.recordIndex('x'));
  return (await entriesOf(folder)).filter(({ name }) => name.endsWith('.txt')).map(({ name }) => join(folder, name));
}

/** The record, if it is intact and every artifact that it names is present. A damaged one is set aside. */
export async function findRecord(layout: StoreLayout, key: string): Promise<StageRecord | undefined> {
  const record = await readRecord(layout, key);
  if (record === undefined) return undefined;
  const digests = Object.values(record.outputs).map(({ digest }) => digest);
  const present = await Promise.all(digests.map((digest) => isPresent(layout, digest)));
  return present.every(Boolean) ? record : undefined;
}

/** Newest first, whether or not their artifacts are still there. Reads the end of an index: thousands of records cost nothing. */
export async function recentRecords(layout: StoreLayout, uses: string): Promise<StageRecord[]> {
  const keys = await recentKeys(layout.recordIndex(uses));
  const records = await Promise.all(keys.map((key) => readRecord(layout, key)));
  return records.filter((record) => record !== undefined);
}

async function recentKeys(index: string): Promise<string[]> {
  const lines = (await readEnd(index, 4 * RECENT_RECORDS * INDEX_LINE_BYTES)).split('\n').filter(isDigest);
  return [...new Set(lines.reverse())].slice(0, RECENT_RECORDS);
}

async function readEnd(path: string, bytes: number): Promise<string> {
  if (!(await isPlainFile(path))) return '';
  const file = await open(path).catch((error) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, bytes);
    const { buffer } = await file.read({ buffer: Buffer.alloc(length), position: size - length });
    return buffer.toString('latin1');
  } finally {
    await file.close();
  }
}

/** Undefined when it is absent or damaged; leaves it where it is. */
export async function loadRecord(layout: StoreLayout, key: string): Promise<StageRecord | undefined> {
  return parseRecord(await readJson(layout.record(key)), key);
}

/** Asked in this order: a record that is written in between is neither absent nor damaged. */
async function readRecord(layout: StoreLayout, key: string): Promise<StageRecord | undefined> {
  const isThere = (await linkStatOf(layout.record(key))) !== undefined;
  const record = await loadRecord(layout, key);
  if (record === undefined && isThere) await setAside(layout, key);
  return record;
}

function parseRecord(value: unknown, key: string): StageRecord | undefined {
  const { checksum, record } = (value ?? {}) as { checksum?: unknown; record?: StageRecord };
  return record !== undefined && record !== null && record.key === key && checksum === digestJson(record)
    ? record
    : undefined;
}

/** A store that cannot be written is still good for planning. */
async function setAside(layout: StoreLayout, key: string): Promise<void> {
  const [path, target] = [layout.record(key), join(layout.quarantine, `record-${key}-${randomSuffix()}.json`)];
  try {
    await makeFolder(layout.quarantine);
    await rename(path, target);
    // It may have been replaced since it was read, by one that is whole.
    if (parseRecord(await readJson(target), key) !== undefined) await rename(target, path);
  } catch {}
}
