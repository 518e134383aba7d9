import { join } from 'node:path';
import { differences, type Results, requireSame } from '@retort/lab';
import { beforeAll, expect, test } from 'vitest';
import { requireOtherKeys } from '../src/determinism/index.ts';
import { runUnder } from '../src/determinism/run-under.ts';
import { contextForTests } from './support.ts';

const { workspace, scratchFolder } = contextForTests();

/** A sample: all conditions in two runs, up to a stage that trains. The whole is a command of its own. */
const ONLY = 'pretrain';

let reference: Results;

const run = (name: string, condition: object) =>
  runUnder({ name, ...condition }, { workspace, folder: join(scratchFolder, name), only: ONLY });

beforeAll(async () => {
  reference = await run('reference', { args: ['--threads', '1', '--jobs', '1'] });
}, 120_000);

test('threads, jobs, paths, time zone and locale change neither keys nor bytes', async () => {
  const everything = await run('everything', {
    args: ['--jobs', '4'],
    env: { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
    store: 'another store/ümlaut',
    folder: 'elsewhere',
  });
  expect(differences(reference, everything)).toEqual([]);
  expect(Object.keys(reference)).toContain('pretrain.model');
  requireSame(reference, everything);
});

test('canary: another seed changes bytes, always with their key', async () => {
  const other = await run('seed', { args: ['--set', 'seed=43'] });
  expect(differences(reference, other)).toContain('pretrain.model');
  expect(() => requireSame(reference, other)).toThrow(/^\d+ differ, first /);
  expect(requireOtherKeys(reference, other)).toMatch(/^\d+ stages$/);
});

test('other bytes under the same key are a failure', () => {
  const results = { ...reference, 'pretrain.model': 'f'.repeat(64) };
  expect(() => requireOtherKeys(reference, results)).toThrow('other bytes under the same key: pretrain');
});
