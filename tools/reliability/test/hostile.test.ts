import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ATTEMPTS, PIPELINE_ATTEMPTS } from '../src/hostile/attempts.ts';
import {
  carryOut,
  damagedForeignTables,
  damagedModels,
  damagedPipelines,
  damagedTables,
  hostileTexts,
} from '../src/hostile/index.ts';
import { withinLimits } from '../src/hostile/within-limits.ts';

const workspace = fileURLToPath(new URL('../../..', import.meta.url));

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retort-hostile-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Stores, models and manifests take some seconds each: some of them here, all of them in the suite. */
const SAMPLE: ReadonlySet<string> = new Set([
  ...PIPELINE_ATTEMPTS.map(({ name }) => name),
  'a store whose attempts are a link',
  'a store with an artifact whose file is a link',
  'a store whose listing names files outside',
  'a planted record with outputs null',
  'a model whose configuration is a link to a device',
  'a model with terminal escapes in its labels',
  'a manifest with terminal escapes everywhere',
  'a manifest with terminal escapes everywhere but in its settings',
  'a manifest whose input is a device',
  'a hub with a file without end',
  'a hub with a page at another host',
]);

test('the sample has what it names', () => {
  expect(ATTEMPTS.filter(({ name }) => SAMPLE.has(name))).toHaveLength(SAMPLE.size);
});

test.each(ATTEMPTS.filter(({ name }) => SAMPLE.has(name)).map((attempt) => [attempt.name, attempt] as const))(
  '%s',
  async (_, attempt) => {
    expect(await carryOut(attempt, { folder, workspace })).toMatchObject({ status: 'held' });
  },
  300_000,
);

/** A sample; the whole is a command of its own. */
test('damaged Arrow tables are read, or refused with one of our errors', async () => {
  expect(await damagedTables(folder, { seed: 1, rounds: 60 })).toMatchObject({ status: 'held', detail: '60 rounds' });
}, 120_000);

test('damaged Parquet and Arrow tables of other tools are read, or refused with one of our errors', async () => {
  const settings = { seed: 1, rounds: 150, workspace };
  expect(await damagedForeignTables(folder, settings)).toMatchObject({ status: 'held', detail: '150 rounds' });
}, 120_000);

test('texts that patterns stumble over are read in seconds', async () => {
  expect(await hostileTexts(folder, { seed: 1, rounds: 16 })).toMatchObject({ status: 'held', detail: '16 rounds' });
}, 120_000);

test('what takes too long, too much, or fails in another way than ours is seen', async () => {
  const busy = async () => {
    for (const until = performance.now() + 50; performance.now() < until; );
  };
  expect(await withinLimits(busy, { seconds: 0.01, megabytes: 1024 })).toMatch(/^it took 0\.\d s$/);
  let kept: Buffer | undefined;
  const large = async () => (kept = Buffer.alloc(64 << 20, 1));
  expect(await withinLimits(large, { seconds: 10, megabytes: 16 })).toMatch(/^it took \d+ MB$/);
  expect(kept).toHaveLength(64 << 20);
  const raw = () => Promise.reject(new RangeError('Invalid array length'));
  expect(await withinLimits(raw, { seconds: 10, megabytes: 1024 })).toContain('RangeError: Invalid array length');
});

test('damaged model folders are read, or refused with one of our errors, in little time and memory', async () => {
  expect(await damagedModels(folder, { seed: 1, rounds: 150 })).toMatchObject({ status: 'held', detail: '150 rounds' });
}, 120_000);

test('damaged pipeline files are planned, or refused with diagnostics that are safe to print', async () => {
  expect(await damagedPipelines({ seed: 1, rounds: 60 })).toMatchObject({ status: 'held', detail: '60 rounds' });
}, 120_000);
