import { carryOut, type Ended } from '@retort/lab';
import { expect, test } from 'vitest';
import { twiceCases } from './index.ts';

function ended(status: string, digest: string, exitCode = 0): Ended {
  const stages = [{ id: 'corpus', status, outputs: { text: { digest } } }];
  const events = [{ event: 'run-finished', status: 'done', stages }] as never;
  return { exitCode, signal: undefined, stdout: '', stderr: '', events, seconds: 1 };
}

async function problemsOf(...ends: Ended[]): Promise<(string | undefined)[]> {
  const cases = twiceCases('x', () => Promise.resolve(ends.shift() as Ended));
  expect(cases).toHaveLength(5);
  const results = await Promise.all(cases.map(carryOut));
  return results.filter(({ status }) => status === 'failed').map(({ detail }) => detail);
}

test('the same digests from the cache are what is wanted', async () => {
  expect(await problemsOf(ended('ran', 'a'), ended('cached', 'a'))).toEqual([]);
});

test('a stage that ran again is named', async () => {
  expect(await problemsOf(ended('ran', 'a'), ended('ran', 'a'))).toEqual(['not cached: corpus']);
});

test('other bytes are named', async () => {
  expect(await problemsOf(ended('ran', 'a'), ended('cached', 'b'))).toEqual(['these differ: corpus']);
});

test('a failed run, or one without a last event, is a problem', async () => {
  expect(await problemsOf(ended('ran', 'a', 1), ended('cached', 'a'))).toEqual(['status done, ended with code 1: ']);
  const unfinished = { ...ended('ran', 'a', 2), events: [] };
  expect(await problemsOf(unfinished, unfinished)).toEqual([
    'status not finished, ended with code 2: ',
    'status not finished, ended with code 2: ',
    'the run had none',
  ]);
});
