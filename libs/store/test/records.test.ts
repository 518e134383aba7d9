import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestBytes } from '@retort/foundation/digest';
import type { ArtifactStore, StageRecord } from '@retort/store';
import { describe, expect, test } from 'vitest';
import { publish, temporaryStore } from './temporary-store.ts';

function record(key: string, digest: string, uses = 'corpus'): StageRecord {
  const outputs = { text: { digest, bytes: 5, rows: 2 } };
  return {
    key,
    keyDocument: { seed: 1 },
    uses,
    outputs,
    metrics: { loss: 0.5 },
    warnings: [],
    provenance: { seconds: 3 },
  };
}

async function stored(): Promise<{ store: ArtifactStore; key: string; digest: string; path: string }> {
  const store = temporaryStore();
  const digest = await publish(store, { 'a.txt': 'first' });
  const key = digestBytes('key');
  await store.writeRecord(record(key, digest));
  return { store, key, digest, path: join(store.root, 'records', key.slice(0, 2), `${key}.json`) };
}

test('a record that is written while it is looked for is not taken for a damaged one', async () => {
  const { store, digest } = await stored();
  for (let i = 0; i < 200; i++) {
    const key = digestBytes(`key ${i}`);
    let isWritten = false;
    const readers = Array.from({ length: 4 }, async () => {
      while (!isWritten) await store.findRecord(key);
    });
    await store.writeRecord(record(key, digest));
    isWritten = true;
    await Promise.all(readers);
    expect(await store.findRecord(key)).toBeDefined();
  }
});

test('a record is found by its key', async () => {
  const { store, key, digest } = await stored();
  expect(await store.findRecord(key)).toEqual(record(key, digest));
  expect(await store.findRecord(digestBytes('other'))).toBeUndefined();
});

describe('a record is not found', () => {
  test.each<[string, (path: string) => void]>([
    ['a changed number', (path) => writeFileSync(path, readFileSync(path, 'utf8').replace('0.5', '0.6'))],
    ['a cut', (path) => truncateSync(path, 40)],
    ['nothing left', (path) => truncateSync(path, 0)],
    ['null', (path) => writeFileSync(path, 'null')],
    [
      'no checksum',
      (path) => writeFileSync(path, JSON.stringify({ record: JSON.parse(readFileSync(path, 'utf8')).record })),
    ],
  ])('when damaged by %s, and is set aside', async (_what, damage) => {
    const { store, key, path } = await stored();
    damage(path);
    expect(await store.findRecord(key)).toBeUndefined();
    expect(readdirSync(join(store.root, 'quarantine'))).toEqual([expect.stringMatching(/^record-/)]);
    expect(await store.findRecord(key)).toBeUndefined();
  });

  test('under the key of another', async () => {
    const { store, path } = await stored();
    const other = digestBytes('key'.repeat(2));
    const copy = path
      .replaceAll(digestBytes('key'), other)
      .replace(`/${digestBytes('key').slice(0, 2)}/`, `/${other.slice(0, 2)}/`);
    await store.writeRecord({ ...((await store.findRecord(digestBytes('key'))) as StageRecord), key: other });
    writeFileSync(copy, readFileSync(path));
    expect(await store.findRecord(other)).toBeUndefined();
  });

  test.each<[string, (folder: string) => void]>([
    ['gone', (folder) => rmSync(folder, { recursive: true })],
    ['cut', (folder) => truncateSync(join(folder, 'a.txt'), 1)],
    ['without listing', (folder) => rmSync(`${folder}.json`)],
  ])('when its artifact is %s', async (_what, damage) => {
    const { store, key, digest } = await stored();
    damage(store.artifactPath(digest));
    expect(await store.findRecord(key)).toBeUndefined();
  });
});

describe('recent records', () => {
  test('come newest first, of one stage kind, each once', async () => {
    const { store, key, digest } = await stored();
    const keys = ['a', 'b', 'c'].map(digestBytes);
    for (const each of keys) await store.writeRecord(record(each, digest));
    await store.writeRecord(record(key, digest));
    await store.writeRecord(record(digestBytes('tokenize'), digest, 'tokenize'));
    const recent = await store.recentRecords('corpus');
    expect(recent.map((each) => each.key)).toEqual([key, ...keys.reverse()]);
  });

  test('are at most 200, also among thousands', async () => {
    const { store, digest } = await stored();
    const index = join(store.root, 'records/by-stage/corpus.txt');
    const old = Array.from({ length: 5000 }, (_, i) => `${digestBytes(`${i}`)}\n`).join('');
    writeFileSync(index, old + readFileSync(index, 'utf8'));
    for (let i = 0; i < 250; i++) await store.writeRecord(record(digestBytes(`new ${i}`), digest));
    const recent = await store.recentRecords('corpus');
    expect(recent).toHaveLength(200);
    expect(recent[0]?.key).toBe(digestBytes('new 249'));
  });

  test('leave out damaged ones and survive a damaged index', async () => {
    const { store, key, path } = await stored();
    const index = join(store.root, 'records/by-stage/corpus.txt');
    writeFileSync(index, `garbage\n../../x\n${readFileSync(index, 'utf8')}half a li`);
    expect((await store.recentRecords('corpus')).map((each) => each.key)).toEqual([key]);
    truncateSync(path, 10);
    expect(await store.recentRecords('corpus')).toEqual([]);
  });

  test('an index that was cut, wherever, is reported and mended', async () => {
    const { store, key } = await stored();
    const index = join(store.root, 'records/by-stage/corpus.txt');
    const whole = readFileSync(index, 'utf8');
    for (const bytes of [1, 32, whole.length - 1]) {
      truncateSync(index, bytes);
      const { problems } = await store.verify();
      expect(problems, `${bytes} bytes`).toMatchObject([{ kind: 'record-index', name: 'corpus' }]);
      await store.writeRecord(record(key, (await store.findRecord(key))!.outputs['text']!.digest));
      expect(new Set(readFileSync(index, 'utf8').split('\n'))).toEqual(new Set([key, '']));
      writeFileSync(index, whole);
    }
  });
});
