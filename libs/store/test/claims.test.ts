import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestBytes } from '@retort/foundation/digest';
import {
  ArtifactStore,
  type Claim,
  type ClaimHolder,
  ClaimLostError,
  type StageRecord,
  thisProcess,
} from '@retort/store';
import { describe, expect, onTestFinished, test } from 'vitest';
import { publish, temporaryStore } from './temporary-store.ts';

const KEY = digestBytes('key');
const purpose = { run: '20250101T000000000Z-00000000', stage: 'train' };

async function hold(store: ArtifactStore, key = KEY): Promise<Claim> {
  const result = await store.claim(key, purpose);
  if (result.status !== 'held') throw new Error(`held by ${JSON.stringify(result.holder)}`);
  onTestFinished(() => result.claim.release());
  return result.claim;
}

async function record(store: ArtifactStore, key = KEY): Promise<StageRecord> {
  const digest = await publish(store, { 'a.txt': 'first' });
  const outputs = { text: { digest, bytes: 5 } };
  return { key, keyDocument: {}, uses: 'corpus', outputs, metrics: {}, warnings: [], provenance: {} };
}

/** A claim as another process would have left it. */
function plant({ root }: ArtifactStore, holder: Partial<ClaimHolder>, key = KEY): string {
  const folder = join(root, 'claims', key.slice(0, 2), key);
  mkdirSync(folder, { recursive: true });
  const owner = { ...thisProcess(), ...purpose, id: '0123456789abcdef', since: '2025-01-01T00:00:00.000Z', ...holder };
  writeFileSync(join(folder, 'owner.json'), JSON.stringify(owner));
  writeFileSync(join(folder, 'heartbeat'), '.');
  return folder;
}

describe('a key', () => {
  test('is held by one at a time', async () => {
    const store = temporaryStore();
    const claim = await hold(store);
    const other = await new ArtifactStore(store.root).claim(KEY, { ...purpose, stage: 'other' });
    expect(other).toEqual({ status: 'taken', holder: { ...claim.holder, ...thisProcess(), ...purpose } });
    expect((await store.claim(digestBytes('another'), purpose)).status).toBe('held');
    await claim.release();
    expect((await store.claim(KEY, purpose)).status).toBe('held');
  });

  test('asked for by many at once goes to one', async () => {
    const store = temporaryStore();
    const results = await Promise.all(
      Array.from({ length: 20 }, () => new ArtifactStore(store.root).claim(KEY, purpose)),
    );
    expect(results.filter(({ status }) => status === 'held')).toHaveLength(1);
  });

  test('of a dead holder goes to one of many', async () => {
    const store = temporaryStore();
    plant(store, { pid: spawnSync(process.execPath, ['--version']).pid });
    const results = await Promise.all(
      Array.from({ length: 20 }, () => new ArtifactStore(store.root).claim(KEY, purpose)),
    );
    expect(results.filter(({ status }) => status === 'held')).toHaveLength(1);
  });

  test('gets its record from the claim', async () => {
    const store = temporaryStore();
    const claim = await hold(store);
    const made = await record(store);
    await claim.writeRecord(made);
    await claim.release();
    expect(await store.findRecord(KEY)).toEqual(made);
    expect(await store.recentRecords('corpus')).toEqual([made]);
  });
});

describe('a claim is taken over', () => {
  test.each<[string, (store: ArtifactStore) => void]>([
    ['its holder is dead', (store) => plant(store, { pid: spawnSync(process.execPath, ['--version']).pid })],
    ['its process id was given out again', (store) => plant(store, { started: '1' })],
  ])('at once when %s', async (_why, damage) => {
    const store = temporaryStore();
    damage(store);
    expect((await store.claim(KEY, purpose)).status).toBe('held');
  });

  test('not while its holder on another machine was heard of lately', async () => {
    const store = temporaryStore();
    plant(store, { host: 'elsewhere' });
    expect(await store.claim(KEY, purpose)).toMatchObject({ status: 'taken', holder: { host: 'elsewhere' } });
  });

  test.each<[string, (folder: string) => void]>([
    ['cannot be read', (folder) => writeFileSync(join(folder, 'owner.json'), '{"pid": 1')],
    [
      'was swapped for another',
      (folder) =>
        writeFileSync(
          join(folder, 'owner.json'),
          JSON.stringify({ ...JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')), started: '1' }),
        ),
    ],
    ['has lost its owner', (folder) => rmSync(join(folder, 'owner.json'))],
    ['has lost its heartbeat and its holder hangs', (folder) => rmSync(join(folder, 'heartbeat'))],
  ])('when it %s', async (_what, damage) => {
    const { root } = temporaryStore();
    const store = new ArtifactStore(root, { claimLimitSeconds: 0.2 });
    damage(plant(store, {}));
    await expect.poll(async () => (await store.claim(KEY, purpose)).status, { interval: 20 }).toBe('held');
  });

  const HOUR = 3_600_000;

  /** A heartbeat of another machine, with a time of its own. */
  function beat(folder: string, at: number): void {
    utimesSync(join(folder, 'heartbeat'), new Date(at), new Date(at));
  }

  test.each([
    ['of now', 0],
    ['of 1970', -Date.now()],
    ['an hour old', -HOUR],
    ['an hour ahead', HOUR],
    ['years ahead', 20 * 365 * 24 * HOUR],
  ])('when the heartbeat of another machine stands still, its time being %s', async (_when, milliseconds) => {
    const { root } = temporaryStore();
    const store = new ArtifactStore(root, { claimLimitSeconds: 0.2 });
    beat(plant(store, { host: 'elsewhere' }), Date.now() + milliseconds);
    expect((await store.claim(KEY, purpose)).status).toBe('taken');
    await expect.poll(async () => (await store.claim(KEY, purpose)).status, { interval: 20 }).toBe('held');
  });

  test.each([
    ['an hour behind', -HOUR, 1],
    ['an hour ahead', HOUR, 1],
    ['an hour ahead and going back', HOUR, -1],
  ])('not while the heartbeat of another machine moves, its clock being %s', async (_when, ahead, step) => {
    const { root } = temporaryStore();
    const store = new ArtifactStore(root, { claimLimitSeconds: 0.4 });
    const folder = plant(store, { host: 'elsewhere' });
    for (let i = 0; i < 30; i++) {
      beat(folder, Date.now() + ahead + step * i * 100);
      expect((await store.claim(KEY, purpose)).status).toBe('taken');
      await sleep(30);
    }
  });

  test('not from a holder that gives signs of life, however short the limit', async () => {
    const { root } = temporaryStore();
    const store = new ArtifactStore(root, { claimLimitSeconds: 0.5 });
    await hold(store);
    const other = new ArtifactStore(root, { claimLimitSeconds: 0.5 });
    for (let i = 0; i < 40; i++) {
      expect((await other.claim(KEY, purpose)).status).toBe('taken');
      await sleep(25);
    }
  });
});

describe('a holder that was taken over', () => {
  async function takenOver() {
    const store = temporaryStore();
    const limited = new ArtifactStore(store.root, { claimLimitSeconds: 0.2 });
    const sleeper = await hold(limited);
    const folder = join(store.root, 'claims', KEY.slice(0, 2), KEY);
    const owner = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8'));
    // What the successor sees of a holder that sleeps; that it finds so by itself is tested with a stopped process.
    writeFileSync(join(folder, 'owner.json'), JSON.stringify({ ...owner, started: '1' }));
    const successor = await hold(new ArtifactStore(store.root));
    return { store, sleeper, successor };
  }

  test('publishes nothing', async () => {
    const { store, sleeper, successor } = await takenOver();
    const made = await record(store);
    await expect(sleeper.writeRecord({ ...made, metrics: { loss: 1 } })).rejects.toThrow(ClaimLostError);
    expect(await store.findRecord(KEY)).toBeUndefined();
    await successor.writeRecord(made);
    expect(await store.findRecord(KEY)).toEqual(made);
  });

  test('notices by itself, and takes nothing from its successor by giving back', async () => {
    const { store, sleeper } = await takenOver();
    await expect.poll(() => sleeper.lost.aborted).toBe(true);
    await sleeper.release();
    expect((await store.claim(KEY, purpose)).status).toBe('taken');
  });
});

test('sweeping leaves claims of the living alone, and nothing of the dead', async () => {
  const store = temporaryStore();
  const claim = await hold(store);
  plant(store, { pid: spawnSync(process.execPath, ['--version']).pid }, digestBytes('dead'));
  const over = await hold(store, digestBytes('over'));
  await over.release();
  expect(readdirSync(join(store.root, 'claims/retired'))).toEqual([]);
  await sleep(1100);
  await store.sweep();
  const files = readdirSync(join(store.root, 'claims'), { recursive: true, withFileTypes: true }).filter((each) =>
    each.isFile(),
  );
  expect(files.every(({ parentPath }) => parentPath.endsWith(KEY) || parentPath.includes('retired'))).toBe(true);
  await sleep(1100);
  await store.sweep();
  expect(readdirSync(join(store.root, 'claims/retired'))).toEqual([]);
  expect(readdirSync(join(store.root, 'claims/new'))).toEqual([]);
  expect(existsSync(join(store.root, 'claims', KEY.slice(0, 2), KEY))).toBe(true);
  expect(claim.lost.aborted).toBe(false);
});
