import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { linkStatOf, readWhole, statOf, writeAtomically } from '../files.ts';
import { isDigest, type StoreLayout } from '../layout.ts';
import { moveToQuarantine } from '../quarantine.ts';
import type { StageRecord } from '../record.ts';
import { addToIndex, loadRecord } from '../records.ts';
import type { Finding } from './finding.ts';

/** A record is written a moment before its index. */
const MILLISECONDS_TO_INDEX = 10_000;

export async function checkRecord(
  layout: StoreLayout,
  key: string,
): Promise<{ record?: StageRecord; finding?: Finding }> {
  const record = await loadRecord(layout, key);
  if (record !== undefined) return { record };
  if ((await linkStatOf(layout.record(key))) === undefined) return {};
  const damage = 'its content has changed, or it belongs to another key';
  return {
    finding: recordFinding(layout, key, damage, 'It will not be used. The stage runs again when it is needed.'),
  };
}

/** A record that names an artifact which is not there: the stage runs again anyway. */
export function incompleteRecord(layout: StoreLayout, key: string, digest: string): Finding {
  const damage = `its artifact ${digest} does not exist`;
  return recordFinding(layout, key, damage, 'The stage runs again when its output is needed.');
}

function recordFinding(layout: StoreLayout, key: string, damage: string, advice: string): Finding {
  const path = layout.record(key);
  const setAside = () => moveToQuarantine(layout, `record-${key}`, damage, { 'record.json': path });
  return { kind: 'record', name: key, path, damage, advice, setAside };
}

/** An index is only for finding similar records quickly; it is mended, not set aside. */
export async function checkIndex(
  layout: StoreLayout,
  path: string,
  records: readonly StageRecord[],
): Promise<Finding | undefined> {
  const { lines, isCut } = await linesOf(path);
  const strange = lines.filter((line, i) => !isDigest(line) || (isCut && i === lines.length - 1)).length;
  const missing = await missingFrom(layout, new Set(lines), records);
  if (strange === 0 && missing.length === 0) return undefined;
  const setAside = async () => {
    if ((await linkStatOf(path))?.isFile() === false) await rm(path, { recursive: true });
    if (strange > 0)
      await writeAtomically(
        layout,
        path,
        lines
          .filter(isDigest)
          .map((line) => `${line}\n`)
          .join(''),
      );
    for (const record of missing) await addToIndex(layout, record);
  };
  return {
    kind: 'record-index',
    name: basename(path, '.txt'),
    path,
    damage: `${strange} of its lines are not keys, and ${missing.length} records are missing from it`,
    advice: 'It only helps to explain why a stage runs. It is rebuilt from the records.',
    setAside,
  };
}

async function missingFrom(
  layout: StoreLayout,
  indexed: ReadonlySet<string>,
  records: readonly StageRecord[],
): Promise<StageRecord[]> {
  const missing: StageRecord[] = [];
  for (const record of records) {
    if (indexed.has(record.key)) continue;
    const writtenAt = (await statOf(layout.record(record.key)))?.mtimeMs ?? Date.now();
    if (Date.now() - writtenAt > MILLISECONDS_TO_INDEX) missing.push(record);
  }
  return missing;
}

/** A line that is added to one that is cut would make one wrong line of both. */
async function linesOf(path: string): Promise<{ lines: string[]; isCut: boolean }> {
  const text = (await readWhole(path))?.toString('latin1');
  if (text === undefined) return { lines: (await linkStatOf(path)) === undefined ? [] : ['no index'], isCut: false };
  const lines = text.split('\n');
  const isCut = lines.at(-1) !== '';
  return { lines: isCut ? lines : lines.slice(0, -1), isCut };
}
