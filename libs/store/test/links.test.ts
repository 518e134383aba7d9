import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { digestBytes } from '@retort/foundation/digest';
import { ArtifactStore, thisProcess } from '@retort/store';
import { describe, expect, onTestFinished, test } from 'vitest';
import { publish, temporaryStore } from './temporary-store.ts';

const SECRET = 'what belongs to somebody else\n';
const RUN = '20250101T000000000Z-00000000';
const KEY = digestBytes('key');

/** A folder outside of the store, with a file that must stay as it is. Looks old, as what a store would sweep away. */
function outside(): string {
  const folder = mkdtempSync(join(tmpdir(), 'retort-outside-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'a.txt'), SECRET);
  mkdirSync(join(folder, 'inner'));
  const then = new Date(Date.now() - 90 * 86_400_000);
  for (const path of [join(folder, 'a.txt'), join(folder, 'inner'), folder]) utimesSync(path, then, then);
  return folder;
}

function expectUntouched(folder: string): void {
  expect(readdirSync(folder).sort()).toEqual(['a.txt', 'inner']);
  expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe(SECRET);
}

function link(path: string, target: string): void {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { recursive: true, force: true });
  symlinkSync(target, path);
}

async function writeRecord(store: ArtifactStore, output: { digest: string; bytes: number }): Promise<void> {
  const nothing = { keyDocument: {}, metrics: {}, warnings: [], provenance: {} };
  await store.writeRecord({ ...nothing, key: KEY, uses: 'corpus', outputs: { text: output } });
}

async function stored(): Promise<{ store: ArtifactStore; digest: string }> {
  const store = temporaryStore();
  const digest = await publish(store, { 'a.txt': SECRET, 'deep/b.txt': 'b' });
  await writeRecord(store, { digest, bytes: SECRET.length });
  return { store, digest };
}

describe('a folder of the store that is really a link', () => {
  const folders = ['attempts', 'trash', 'quarantine', 'runs', 'pins', 'artifacts', 'records', 'claims', 'checkpoints'];

  test.each([...folders, 'memo', 'memo/verified', 'artifacts/00', 'records/by-stage', 'claims/retired'])(
    '%s is refused before anything is read, written or removed through it',
    async (name) => {
      const [store, elsewhere] = [temporaryStore(), outside()];
      link(join(store.root, name), elsewhere);
      const refused = { code: 'STORE_HAS_LINK', message: expect.stringContaining(name) };
      await expect(store.sweep()).rejects.toMatchObject(refused);
      await expect(store.planGarbage({ keepRuns: 0 })).rejects.toMatchObject(refused);
      await expect(store.createAttempt()).rejects.toMatchObject(refused);
      await expect(store.verify()).rejects.toMatchObject(refused);
      expectUntouched(elsewhere);
    },
  );

  test('is no matter where it is the store itself', async () => {
    const { store } = await stored();
    const elsewhere = outside();
    link(join(elsewhere, 'inner'), store.root);
    expect(await new ArtifactStore(join(elsewhere, 'inner')).findRecord(KEY)).toBeDefined();
  });
});

describe('an artifact with a link in it is damaged, although the bytes behind the link are the right ones:', () => {
  test.each([
    ['its file', (path: string, elsewhere: string) => link(join(path, 'a.txt'), join(elsewhere, 'a.txt'))],
    [
      'a folder in it',
      (path: string, elsewhere: string) => {
        renameSync(join(path, 'deep'), join(elsewhere, 'deep'));
        symlinkSync(join(elsewhere, 'deep'), join(path, 'deep'));
      },
    ],
    [
      'the artifact itself',
      (path: string, elsewhere: string) => {
        renameSync(path, join(elsewhere, 'whole'));
        symlinkSync(join(elsewhere, 'whole'), path);
      },
    ],
  ])('%s', async (_, damage) => {
    const { store, digest } = await stored();
    damage(store.artifactPath(digest), outside());
    expect(await store.hasArtifact(digest)).toBe(false);
    expect(await store.findRecord(KEY)).toBeUndefined();
    await expect(store.verifyArtifact(digest)).rejects.toMatchObject({ message: expect.stringMatching(/link/) });
    expect((await store.verify()).problems).toMatchObject([{ kind: 'artifact', name: digest }]);
    expect(existsSync(store.artifactPath(digest))).toBe(false);
  });
});

test('an index of records that is a link is replaced, not appended to', async () => {
  const [store, elsewhere] = [temporaryStore(), outside()];
  const index = join(store.root, 'records/by-stage/corpus.txt');
  link(index, join(elsewhere, 'a.txt'));
  expect(await store.recentRecords('corpus')).toEqual([]);
  expect((await store.verify({ dryRun: true })).problems).toMatchObject([{ kind: 'record-index' }]);
  const digest = await publish(store, { 'a.txt': 'a' });
  await writeRecord(store, { digest, bytes: 1 });
  expect(lstatSync(index).isFile()).toBe(true);
  expect(await store.recentRecords('corpus')).toHaveLength(1);
  expectUntouched(elsewhere);
});

test.each([
  ['is a link', (folder: string, elsewhere: string) => link(folder, elsewhere)],
  ['holds one', (folder: string, elsewhere: string) => link(join(folder, 'train.arrow'), join(elsewhere, 'a.txt'))],
])('a checkpoint folder that %s is set aside, and the stage begins anew', async (_, damage) => {
  const [store, elsewhere] = [temporaryStore(), outside()];
  const folder = store.checkpointFolder(KEY);
  damage(folder, elsewhere);
  expect((await store.verify({ dryRun: true })).problems).toMatchObject([{ kind: 'checkpoint', name: KEY }]);
  await store.createCheckpointFolder(KEY);
  expect(lstatSync(folder).isDirectory()).toBe(true);
  expect(readdirSync(folder)).toEqual([]);
  expect(readdirSync(join(store.root, 'quarantine'))).toHaveLength(1);
  expectUntouched(elsewhere);
});

test('the event log of a dead run that is a link is not cut', async () => {
  const [store, elsewhere] = [temporaryStore(), outside()];
  const dead = { ...thisProcess(), pid: 2 ** 22 - 1 };
  const folder = join(store.root, 'runs', RUN);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'runner.json'), JSON.stringify(dead));
  await store.writeManifest(RUN, { run: RUN, status: 'running', stages: [] });
  writeFileSync(join(elsewhere, 'a.txt'), 'no line break at its end');
  for (const name of ['events.jsonl', 'events.sums']) link(join(folder, name), join(elsewhere, 'a.txt'));
  const plan = await store.planGarbage({ keepRuns: 5 });
  expect(plan.items).toMatchObject([{ kind: 'presence', name: RUN }]);
  await store.collectGarbage(plan);
  expect(readFileSync(join(elsewhere, 'a.txt'), 'utf8')).toBe('no line break at its end');
});

test('a run whose folder is a link is none', async () => {
  const [store, elsewhere] = [temporaryStore(), outside()];
  link(join(store.root, 'runs', RUN), elsewhere);
  expect(await store.listRuns()).toEqual([]);
  expect((await store.planGarbage({ keepRuns: 0 })).items).toEqual([]);
  expectUntouched(elsewhere);
});
