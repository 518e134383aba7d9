import { expect, test } from 'vitest';
import { comparisons } from './comparisons.mjs';

const run = (status: string, digest: string, exitCode = 0) => {
  const stages = [{ id: 'corpus', status, outputs: { text: { digest } } }];
  return {
    exitCode,
    seconds: 1,
    output: `{"event":"run-started"}\n${JSON.stringify({ event: 'run-finished', status: 'done', stages })}\n`,
  };
};

function problemsOf(...[first, second]: Parameters<typeof comparisons>) {
  return comparisons(first, second).flatMap(({ problem }) => problem ?? []);
}

test('the same digests from the cache are what is wanted', () => {
  expect(problemsOf(run('ran', 'a'), run('cached', 'a'))).toEqual([]);
});

test('a stage that ran again is named', () => {
  expect(problemsOf(run('ran', 'a'), run('ran', 'a'))).toEqual(['not cached: corpus']);
});

test('other bytes are named', () => {
  expect(problemsOf(run('ran', 'a'), run('cached', 'b'))).toEqual(['these differ: corpus']);
});

test('a failed run, or one without a last event, is a problem', () => {
  expect(problemsOf(run('ran', 'a', 1), run('cached', 'a'))).toEqual(['status done, exit code 1']);
  expect(
    problemsOf({ exitCode: 2, seconds: 1, output: '{"event":"error"}' }, { exitCode: 2, seconds: 1, output: '' }),
  ).toEqual(['status not finished, exit code 2', 'status not finished, exit code 2', 'the run had none']);
});
