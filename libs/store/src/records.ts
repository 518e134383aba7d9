import { appendFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestJson } from '@retort/foundation/digest';
import { isPresent } from './artifacts.ts';
import { linkStatOf, openPlainFile, readWhole, writeAtomically } from './files.ts';
import { isDigest, type StoreLayout } from './layout.ts';
import { randomSuffix } from './random-suffix.ts';
import type { StageRecord } from './record.ts';
import { isRefused } from './refusals.ts';
import { makeSharedFolder, share } from './sharing.ts';
import { hasChecksum, readStored } from './stored.ts';
import { entriesOf } from './walk.ts';

const RECENT_RECORDS = 200;
const INDEX_LINE_BYTES = 65;

/** Replaces the record of the same key, if there is one. */
export async function writeRecord(layout: StoreLayout, record: StageRecord): Promise<void> {
  await writeAtomically(layout, layout.record(record.key), recordText(record));
  await addToIndex(layout, record);
}

/** A record as it is stored. */
export function recordText(record: StageRecord): string {
  return JSON.stringify({ checksum: digestJson(record), record });
}

/** It only helps to say why a stage runs: where it may not be written, that does not fail a stage. */
export async function addToIndex(layout: StoreLayout, record: StageRecord): Promise<void> {
  const index = layout.recordIndex(record.uses);
  await layout.refusals.tolerate(index, 'write', () => appendToIndex(layout, index, `${record.key}\n`));
}

async function appendToIndex(layout: StoreLayout, index: string, line: string): Promise<void> {
  await makeSharedFolder(layout, dirname(index));
  const before = await linkStatOf(index);
  if (before !== undefined && !before.isFile()) await rm(index, { recursive: true });
  try {
    await appendFile(index, line);
    if (before === undefined) await share(layout, index);
  } catch (error) {
    if (!isRefused(error)) throw error;
    // Another user's, which this one may only replace.
    await writeAtomically(layout, index, `${(await readWhole(index)) ?? ''}${line}`);
  }
}

/** Files of the indexes of records, one for each kind of stage. */
export async function indexFiles(layout: StoreLayout): Promise<string[]> {
  const folder = dirname(layout.recordIndex('x'));
  return (await entriesOf(layout, folder))
    .filter(({ name }) => name.endsWith('.txt'))
    .map(({ name }) => join(folder, name));
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
  const file = await openPlainFile(path);
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
  return readRecordAt(layout.record(key), key);
}

/** Asked in this order: a record that is written in between is neither absent nor damaged. */
async function readRecord(layout: StoreLayout, key: string): Promise<StageRecord | undefined> {
  const isThere = (await linkStatOf(layout.record(key))) !== undefined;
  const record = await loadRecord(layout, key);
  if (record === undefined && isThere) await setAside(layout, key);
  return record;
}

async function readRecordAt(path: string, key: string): Promise<StageRecord | undefined> {
  const stored = await readStored('record', path);
  return stored?.record.key === key && hasChecksum(stored.record, stored.checksum) ? stored.record : undefined;
}

/** A store that cannot be written is still good for planning. */
async function setAside(layout: StoreLayout, key: string): Promise<void> {
  const [path, target] = [layout.record(key), join(layout.quarantine, `record-${key}-${randomSuffix()}.json`)];
  if (await layout.refusals.isForbidden(path)) return;
  try {
    await makeSharedFolder(layout, layout.quarantine);
    await rename(path, target);
    // It may have been replaced since it was read, by one that is whole.
    if ((await readRecordAt(target, key)) !== undefined) await rename(target, path);
  } catch {}
}
