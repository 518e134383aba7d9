import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { StoreDamagedError } from '@retort/foundation/diagnostics';
import { digestTree } from '@retort/foundation/digest';
import { ArtifactStore } from '@retort/store';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { publish, temporaryStore } from './temporary-store.ts';

const FILES = { 'a.txt': 'first', 'deep/b.txt': 'second' };

describe('publishing', () => {
  test('names a folder by what it holds, and makes it read-only', async () => {
    const store = temporaryStore();
    chmodSync(store.root, 0o755);
    const digest = await publish(store, FILES);
    const path = store.artifactPath(digest);
    expect((await digestTree(path)).digest).toBe(digest);
    expect(readFileSync(join(path, 'deep/b.txt'), 'utf8')).toBe('second');
    expect(statSync(join(path, 'a.txt')).mode & 0o777).toBe(0o444);
    expect(await store.listArtifact(digest)).toMatchObject([
      { name: 'a.txt', bytes: 5 },
      { name: 'deep/b.txt', bytes: 6 },
    ]);
    await store.verifyArtifact(digest);
  });

  test('the same bytes again is the same artifact', async () => {
    const store = temporaryStore();
    expect(await publish(store, FILES)).toBe(await publish(store, FILES));
    expect(readdirSync(join(store.root, 'attempts'))).toEqual([]);
    expect(existsSync(join(store.root, 'quarantine'))).toBe(false);
  });

  test('over a damaged artifact replaces it', async () => {
    const store = temporaryStore();
    const digest = await publish(store, FILES);
    truncateSync(join(store.artifactPath(digest), 'a.txt'), 1);
    expect(await publish(store, FILES)).toBe(digest);
    await store.verifyArtifact(digest);
    expect(readdirSync(join(store.root, 'quarantine'))).toHaveLength(1);
  });

  test('refuses links and empty folders', async () => {
    const store = temporaryStore();
    const { path } = await store.createAttempt();
    const [linked, empty] = [join(path, 'linked'), join(path, 'empty')];
    for (const folder of [linked, empty]) mkdirSync(folder);
    symlinkSync('/etc/hostname', join(linked, 'name'));
    await expect(store.publishArtifact(linked)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_PLAIN' });
    await expect(store.publishArtifact(empty)).rejects.toMatchObject({ code: 'ARTIFACT_EMPTY' });
  });

  test('by many processes at once succeeds for all, with one artifact', async () => {
    const store = temporaryStore();
    const script = join(temporaryStore().root, 'publish.mjs');
    const resolveDir = fileURLToPath(new URL('.', import.meta.url));
    const contents = `
      import { mkdirSync, writeFileSync } from 'node:fs';
      import { ArtifactStore } from '@retort/store';
      const store = new ArtifactStore(process.argv[2]);
      for (let i = 0; i < 20; i++) {
        const attempt = await store.createAttempt();
        mkdirSync(attempt.path + '/out');
        writeFileSync(attempt.path + '/out/x', 'content ' + i);
        const { digest } = await store.publishArtifact(attempt.path + '/out');
        await store.verifyArtifact(digest);
        await attempt.remove();
        console.log(digest);
      }`;
    const banner = {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    };
    await build({
      stdin: { contents, resolveDir },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: script,
      banner,
    });
    const runs = Array.from({ length: 4 }, () => promisify(execFile)(process.execPath, [script, store.root]));
    const outputs = (await Promise.all(runs)).map(({ stdout }) => stdout);
    expect(new Set(outputs).size).toBe(1);
    expect(outputs[0]?.trim().split('\n')).toHaveLength(20);
    for (const digest of outputs[0]?.trim().split('\n') ?? []) await store.verifyArtifact(digest, { rehash: true });
    expect(existsSync(join(store.root, 'quarantine'))).toBe(false);
  });
});

describe('damage', () => {
  async function damaged(damage: (path: string, listing: string) => void) {
    const store = temporaryStore();
    const digest = await publish(store, FILES);
    await store.verifyArtifact(digest);
    const path = store.artifactPath(digest);
    damage(path, `${path}.json`);
    return { store, digest };
  }

  function flip(path: string): void {
    const bytes = readFileSync(path);
    bytes[0] = (bytes[0] as number) ^ 1;
    chmodSync(path, 0o644);
    writeFileSync(path, bytes);
  }

  test.each<[string, (path: string, listing: string) => void, RegExp, boolean]>([
    ['a flipped byte', (path) => flip(join(path, 'a.txt')), /a\.txt hashes to [0-9a-f]{64} instead of/, true],
    [
      'a flipped byte with the old times',
      (path) => {
        const { atime, mtime } = statSync(join(path, 'a.txt'));
        flip(join(path, 'a.txt'));
        utimesSync(join(path, 'a.txt'), atime, mtime);
      },
      /a\.txt hashes to/,
      true,
    ],
    ['a cut file', (path) => truncateSync(join(path, 'deep/b.txt'), 2), /deep\/b\.txt hashes to/, false],
    ['a missing file', (path) => rmSync(join(path, 'a.txt')), /a\.txt is missing/, false],
    ['an added file', (path) => writeFileSync(join(path, 'c.txt'), ''), /c\.txt does not belong to it/, true],
    ['a missing folder', (path) => rmSync(path, { recursive: true }), /its folder is missing/, false],
    [
      'a link in the place of a file',
      (path) => {
        rmSync(join(path, 'a.txt'));
        symlinkSync('/etc/hostname', join(path, 'a.txt'));
      },
      /"a\.txt" .* is a link/,
      false,
    ],
    [
      'a missing listing',
      (_, listing) => rmSync(listing),
      /its listing is missing or belongs to another artifact/,
      false,
    ],
    [
      'a flipped byte in the listing',
      (_, listing) => flip(listing),
      /its listing is missing or belongs to another artifact/,
      false,
    ],
    [
      'another digest in the listing',
      (_, listing) => {
        writeFileSync(listing, readFileSync(listing, 'utf8').replace(/"digest":"[0-9a-f]/, '"digest":"0'));
      },
      /its listing is missing/,
      false,
    ],
    [
      'a listing that leads outside',
      (_, listing) => {
        writeFileSync(listing, readFileSync(listing, 'utf8').replace('a.txt', '../../../a.txt'));
      },
      /its listing is missing/,
      false,
    ],
  ])('by %s is found by verifying', async (_what, damage, message, isPresent) => {
    const { store, digest } = await damaged(damage);
    await expect(store.verifyArtifact(digest)).rejects.toThrow(StoreDamagedError);
    await expect(store.verifyArtifact(digest)).rejects.toThrow(message);
    expect(await store.hasArtifact(digest)).toBe(isPresent);
  });

  test('is put into quarantine, with a note', async () => {
    const { store, digest } = await damaged((path) => truncateSync(join(path, 'a.txt'), 1));
    await store.quarantine(digest, 'a.txt is cut');
    expect(await store.hasArtifact(digest)).toBe(false);
    const [name] = readdirSync(join(store.root, 'quarantine'));
    expect(readFileSync(join(store.root, 'quarantine', name as string, 'why.txt'), 'utf8')).toMatch(
      / a\.txt is cut\n$/,
    );
    await store.quarantine(digest, 'nothing is left');
  });
});

describe('the memo of verified files', () => {
  test('saves hashing again what was not touched, and is ignored when asked', async () => {
    const store = temporaryStore();
    const digest = await publish(store, FILES);
    await sleep(60);
    await store.verifyArtifact(digest);
    const memo = join(store.root, 'memo/verified', digest.slice(0, 2), `${digest}.json`);
    const states = JSON.parse(readFileSync(memo, 'utf8'));
    expect(Object.keys(states)).toEqual(Object.keys(FILES));

    const file = join(store.artifactPath(digest), 'a.txt');
    writeFileSync(file, 'FIRST');
    const { size, mtimeNs, ctimeNs, ino } = statSync(file, { bigint: true });
    writeFileSync(memo, JSON.stringify({ ...states, 'a.txt': `0 ${ino} ${size} ${mtimeNs} ${ctimeNs}` }));
    await store.verifyArtifact(digest);
    await expect(store.verifyArtifact(digest, { rehash: true })).rejects.toThrow(/a\.txt hashes to/);
  });

  test('has a large file right away, though a small one after it changed a moment ago', async () => {
    const store = temporaryStore();
    const digest = await publish(store, { 'a-large': 'x'.repeat(64 << 20), 'b-small': 'x' });
    const memo = join(store.root, 'memo/verified', digest.slice(0, 2), `${digest}.json`);
    expect(Object.keys(JSON.parse(readFileSync(memo, 'utf8')))).toContain('a-large');
  });

  test('costs nothing when damaged', async () => {
    const store = temporaryStore();
    const digest = await publish(store, FILES);
    await sleep(60);
    await store.verifyArtifact(digest);
    writeFileSync(join(store.root, 'memo/verified', digest.slice(0, 2), `${digest}.json`), '{');
    await store.verifyArtifact(digest);
  });
});

test('reading from a store that is not there creates nothing', async () => {
  const store = new ArtifactStore(join(temporaryStore().root, 'absent'));
  expect(await store.findRecord('0'.repeat(64))).toBeUndefined();
  expect(await store.recentRecords('corpus')).toEqual([]);
  expect(await store.listRuns()).toEqual([]);
  await store.sweep();
  expect(existsSync(store.root)).toBe(false);
});

test('a store below a file says so', async () => {
  const file = join(temporaryStore().root, 'file');
  writeFileSync(file, '');
  await expect(new ArtifactStore(file).createAttempt()).rejects.toMatchObject({
    code: 'DISK_NOT_A_FOLDER',
    message: expect.stringContaining('Could not make room for a stage at '),
  });
});
