import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestBytes } from '@retort/foundation/digest';
import { ArtifactStore } from '@retort/store';
import { expect, onTestFinished, test } from 'vitest';
import { publish, temporaryStore } from './temporary-store.ts';

const isRoot = process.geteuid?.() === 0;
const isPosix = process.platform !== 'win32';
const KEY = digestBytes('key');
const RUN = '20250101T000000000Z-00000000';
const OWNER = { uid: 20_001, gid: 20_000 };

/** All that a run leaves in a store. */
async function runIn(store: ArtifactStore): Promise<void> {
  const presence = await store.attendRun((await store.createRun(RUN), RUN));
  store.openEventLog(RUN).append({ event: 'run-started' });
  const claim = await store.claim(KEY, { run: RUN, stage: 'a' });
  if (claim.status !== 'held') throw new Error('the key is held');
  await store.createCheckpointFolder(digestBytes('unfinished'));
  const digest = await publish(store, { 'a/b.txt': 'text' });
  const outputs = { text: { digest, bytes: 4 } };
  const nothing = { keyDocument: {}, metrics: {}, warnings: [], provenance: {} };
  await claim.claim.writeRecord({ key: KEY, uses: 'corpus', outputs, ...nothing });
  await claim.claim.release();
  await store.writeManifest(RUN, { stages: [] });
  await store.writePin({ name: 'p', since: '', target: { run: RUN } });
  await store.quarantine(await publish(store, { 'c.txt': 'other' }), 'as a test');
  await presence.leave();
}

function allIn(root: string): { path: string; mode: number; uid: number; gid: number; isFolder: boolean }[] {
  return readdirSync(root, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const { mode, uid, gid } = statSync(path);
    return { path, mode: mode & 0o7777, uid, gid, isFolder: entry.isDirectory() };
  });
}

test.runIf(isPosix).each([0o755, 0o700, 0o2770, 0o2775])(
  'what is made in a store has the permissions of its folder (%o), whatever the umask',
  async (mode) => {
    const store = temporaryStore();
    chmodSync(store.root, mode);
    const umask = process.umask(0o077);
    onTestFinished(() => void process.umask(umask));
    await runIn(store);
    for (const { path, mode: own, isFolder } of allIn(store.root)) {
      const expected = isFolder ? mode : mode & 0o444;
      expect({ path, mode: own & (isFolder ? 0o7777 : 0o444) }).toEqual({ path, mode: expected });
    }
  },
);

test.runIf(isRoot)('what root makes in a store of another user is that user’s', async () => {
  const store = temporaryStore();
  chownSync(store.root, OWNER.uid, OWNER.gid);
  await runIn(store);
  expect(allIn(store.root).filter(({ uid, gid }) => uid !== OWNER.uid || gid !== OWNER.gid)).toEqual([]);
});

test('a run leaves none of its claims behind', async () => {
  const store = temporaryStore();
  await runIn(store);
  const left = readdirSync(join(store.root, 'claims'), { recursive: true, withFileTypes: true });
  expect(left.filter((entry) => entry.isFile())).toEqual([]);
});

test.runIf(isPosix && !isRoot)('what may not be removed is left, and named once', async () => {
  const store = temporaryStore();
  await runIn(store);
  const kept = [join(store.root, 'claims/retired/0123456789abcdef'), join(store.root, 'attempts/1-x')];
  for (const folder of kept) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'owner.json'), JSON.stringify({ pid: 1, host: 'x', started: '' }));
    chmodSync(folder, 0o555);
    onTestFinished(() => {
      chmodSync(folder, 0o755);
      rmSync(folder, { recursive: true });
    });
  }
  const other = new ArtifactStore(store.root, { claimLimitSeconds: 0.1 });
  await expect.poll(async () => (await other.sweep(), other.refusals.length)).toBeGreaterThan(0);
  await other.collectGarbage(await other.planGarbage({ keepRuns: 1, olderThanSeconds: 0 }));
  const named = other.refusals.map(({ path }) => path);
  expect(new Set(named).size).toBe(named.length);
  expect(kept.some((path) => named.includes(path))).toBe(true);
  expect((await other.claim(digestBytes('another'), { run: RUN, stage: 'a' })).status).toBe('held');
});
