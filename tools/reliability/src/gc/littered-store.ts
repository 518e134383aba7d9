import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestBytes } from '@retort/foundation/digest';
import { filesUnder, inFolder, type Results, requireResults, retort, type SuiteContext } from '@retort/lab';
import { ArtifactStore, thisProcess } from '@retort/store';
import { cutArguments } from '../cut-pipeline.ts';

/** What the run that is kept needs. */
export const RUN = cutArguments('tokenize');
/** The newest run is kept; all others, and what only they used, are garbage. */
export const GC = ['gc', '--keep-runs', '1', '--yes'];

const RESULTS = 20;
const DAY_SECONDS = 86_400;

/** A store with a run that is kept, a pin, and results that nobody needs. */
export interface LitteredStore {
  readonly workspace: string;
  readonly scratchFolder: string;
  readonly path: string;
  readonly results: Results;
  /** The artifact that the pin keeps; no record of a run names it. */
  readonly pinned: string;
}

/** @throws Error when it cannot be made, with what the command printed */
export async function createLitteredStore({
  workspace,
  scratchFolder,
}: Pick<SuiteContext, 'workspace' | 'scratchFolder'>): Promise<LitteredStore> {
  const path = join(scratchFolder, 'littered');
  const results = requireResults(await retort({ workspace, store: path, args: RUN }), 'the run that is kept');
  const store = new ArtifactStore(path);
  const pinned = await result(store, 'pinned');
  await store.writePin({ name: 'kept', since: new Date().toISOString(), target: { artifact: pinned } });
  for (let i = 0; i < RESULTS; i++) await result(store, `garbage ${i}`);
  await publish(store, 'an artifact without a record');
  return { workspace, scratchFolder, path, results, pinned };
}

/** Works with a copy, to be collected. What is old is planted in each: copying would make it new. */
export function inCopy<T>({ scratchFolder, path }: LitteredStore, work: (store: string) => Promise<T>): Promise<T> {
  return inFolder(scratchFolder, (folder) => {
    const copy = join(folder, 'store');
    cpSync(path, copy, { recursive: true, preserveTimestamps: true });
    plantLeftovers(copy);
    return work(copy);
  });
}

/** What lasts: artifacts, records and what must not stay, as paths below the store. Runs differ by their names. */
export function lastingFiles(path: string): string[] {
  return filesUnder(path).filter((file) => !/^(runs|memo|claims\/retired)\//.test(file) || file.endsWith('.tmp'));
}

async function publish(store: ArtifactStore, text: string): Promise<string> {
  const attempt = await store.createAttempt();
  const folder = join(attempt.path, 'out');
  mkdirSync(folder);
  writeFileSync(join(folder, 'a.txt'), text);
  const { digest } = await store.publishArtifact(folder);
  await attempt.remove();
  return digest;
}

async function result(store: ArtifactStore, text: string): Promise<string> {
  const digest = await publish(store, text);
  const outputs = { text: { digest, bytes: text.length } };
  const provenance = { stage: 'unused', seconds: 1 };
  const key = digestBytes(`key of ${text}`);
  await store.writeRecord({ key, keyDocument: {}, uses: 'corpus', outputs, metrics: {}, warnings: [], provenance });
  return digest;
}

/** What processes leave that died at various moments, and what has outlived its purpose. */
function plantLeftovers(root: string): void {
  const { pid } = spawnSync(process.execPath, ['--version']);
  const dead = { ...thisProcess(), pid };
  const [key, half, old] = [digestBytes('dead'), digestBytes('half'), '20250101T000000000Z-00000000'];
  const claim = { ...dead, run: old, stage: 'a', id: '0123456789abcdef', since: '' };
  const files: Readonly<Record<string, string | Uint8Array>> = {
    'attempts/1-dead/owner.json': JSON.stringify(dead),
    'attempts/1-dead/text/half.arrow': 'half',
    [`claims/${key.slice(0, 2)}/${key}/owner.json`]: JSON.stringify(claim),
    [`records/${key.slice(0, 2)}/${key}.json.${pid}-0123abcd.tmp`]: '{"half',
    [`artifacts/${half.slice(0, 2)}/${half}.json`]: '[]',
    [`runs/${old}/runner.json`]: JSON.stringify(dead),
    [`runs/${old}/manifest.json.${pid}-0123abcd.tmp`]: '{',
    [`checkpoints/${key.slice(0, 2)}/${key}/000000000000001.checkpoint`]: oldCheckpoint(),
    [`quarantine/${half}-01234567/why.txt`]: 'it was damaged',
    'trash/x/y': '',
  };
  for (const [file, text] of Object.entries(files)) plant(join(root, file), text);
}

/** Whole: it ends with the digest of what is before. */
function oldCheckpoint(): Uint8Array {
  const bytes = Buffer.from('old');
  return Buffer.concat([bytes, createHash('sha256').update(bytes).digest()]);
}

function plant(path: string, text: string | Uint8Array): void {
  const then = new Date(Date.now() - 30 * DAY_SECONDS * 1000);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  for (const each of [path, dirname(path)]) utimesSync(each, then, then);
}
