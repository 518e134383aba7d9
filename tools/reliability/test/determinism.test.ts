import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { otherKeys, sameResults } from '../src/determinism/index.ts';
import { differences, type Results, runUnder } from '../src/determinism/run-under.ts';

const workspace = fileURLToPath(new URL('../../..', import.meta.url));

/** A sample: all conditions in two runs, up to a stage that trains. The whole is a command of its own. */
const ONLY = 'pretrain';

let folder: string;
let reference: Results;

const run = (name: string, condition: object) =>
  runUnder({ name, ...condition }, { workspace, folder: join(folder, name), only: ONLY });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retort-determinism-'));
  reference = await run('reference', { args: ['--threads', '1', '--jobs', '1'] });
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test('threads, jobs, paths, time zone and locale change neither keys nor bytes', async () => {
  const everything = await run('everything', {
    args: ['--jobs', '4'],
    env: { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
    store: 'another store/ümlaut',
    folder: 'elsewhere',
  });
  expect(differences(reference, everything)).toEqual([]);
  expect(Object.keys(reference)).toContain('pretrain.model');
  expect(sameResults('everything', reference, everything).status).toBe('held');
});

test('canary: another seed changes bytes, always with their key', async () => {
  const other = await run('seed', { args: ['--set', 'seed=43'] });
  expect(differences(reference, other)).toContain('pretrain.model');
  expect(sameResults('seed', reference, other).status).toBe('failed');
  expect(otherKeys('seed', reference, other).status).toBe('held');
});

test('other bytes under the same key are a failure', () => {
  const results = { ...reference, 'pretrain.model': 'f'.repeat(64) };
  expect(otherKeys('made up', reference, results)).toEqual({
    name: 'made up',
    status: 'failed',
    detail: 'other bytes under the same key: pretrain',
  });
});
