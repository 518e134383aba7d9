import { expect, test } from 'vitest';
import { findStackTrace, requireResults, requireSame, resultsOfStage } from './results.ts';
import type { Ended } from './retort-process.ts';

const stage = { id: 'a', key: 'k', outputs: { text: { digest: 'd' } }, metrics: { loss: 1 } };

function ended(stages: readonly object[], more: Partial<Ended> = {}): Ended {
  const events = [{ event: 'run-finished', status: 'done', stages }] as never;
  return { exitCode: 0, signal: undefined, stdout: '', stderr: 'said', events, seconds: 1, ...more };
}

test('results are keys, digests and figures, but for measured outputs', () => {
  const measured = { id: 'evaluate', key: 'e', outputs: { speed: { digest: 's' } }, metrics: { accuracy: 2 } };
  expect(requireResults(ended([stage, measured]))).toEqual({
    'a key': 'k',
    'a.text': 'd',
    'a loss': 1,
    'evaluate key': 'e',
    'evaluate accuracy': 2,
  });
});

test('a run that did not end well has none', () => {
  expect(() => requireResults(ended([stage], { exitCode: 3 }), 'this')).toThrow('this ended with code 3: said');
  expect(() => requireResults(ended([stage], { exitCode: undefined, signal: 'SIGKILL' }))).toThrow('SIGKILL');
  expect(() => requireResults(ended([stage], { events: [] }))).toThrow('said');
});

test('canary: a result that differs, or that only one has, is named', () => {
  const results = resultsOfStage(stage);
  requireSame(results, { ...results });
  expect(() => requireSame(results, { ...results, 'a.text': 'other' })).toThrow(
    '1 differ, first a.text: other, expected d',
  );
  expect(() => requireSame(results, {})).toThrow('3 differ');
  expect(() => requireSame({}, results)).toThrow('3 differ');
});

test('a stack is told from a message', () => {
  const end = (stderr: string) => findStackTrace({ stdout: '', stderr });
  expect(end('DISK_FULL\n  Could not write a record at /store. The disk is full.')).toBeUndefined();
  expect(end('Error: x\n    at write (/a/b.ts:12:3)\n')).toContain('b.ts:12:3');
  expect(end('RUNNER_FAILED\n  The runner itself failed')).toContain('RUNNER_FAILED');
});
