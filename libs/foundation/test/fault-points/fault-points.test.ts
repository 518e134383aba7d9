import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FAULT_VARIABLE, parseFault } from '@retort/foundation/fault-points';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'retort-faults-'));
const program = join(folder, 'program.mjs');

const PROGRAM = `
import { faultPoints } from '@retort/foundation/fault-points';
const reach = faultPoints(['test.before', 'test.after']);
for (let i = 1; i <= 3; i++) {
  reach('test.before');
  console.log('work ' + i);
  reach('test.after');
}
`;

beforeAll(async () => {
  const stdin = { contents: PROGRAM, resolveDir: fileURLToPath(new URL('.', import.meta.url)) };
  await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile: program, logLevel: 'error' });
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(fault: string | undefined) {
  const env = { PATH: process.env['PATH'], ...(fault === undefined ? {} : { [FAULT_VARIABLE]: fault }) };
  const { stdout, stderr, signal, status } = spawnSync(process.execPath, [program], { env, encoding: 'utf8' });
  return { stdout, stderr, signal, status };
}

test('nothing happens unless the environment asks for it, nor for a point of another layer', () => {
  const whole = { stdout: 'work 1\nwork 2\nwork 3\n', stderr: '', signal: null, status: 0 };
  expect(run(undefined)).toEqual(whole);
  expect(run('')).toEqual(whole);
  expect(run('other.point')).toEqual(whole);
  expect(run('test.after:4')).toEqual(whole);
});

test('the process ends at the pass that was asked for, by the signal that was asked for', () => {
  expect(run('test.before')).toMatchObject({ stdout: '', signal: 'SIGKILL' });
  expect(run('test.after:2')).toMatchObject({ stdout: 'work 1\nwork 2\n', signal: 'SIGKILL' });
  expect(run('test.before:3:SIGTERM')).toMatchObject({ signal: 'SIGTERM' });
});

test('what cannot be meant is refused', () => {
  expect(parseFault('a.b:2:SIGSTOP')).toEqual({ point: 'a.b', pass: 2, signal: 'SIGSTOP' });
  for (const text of ['a', 'a.b:0', 'a.b:x', 'a.b:1:SIGHUP', 'a.b:1:SIGKILL:9', 'A.B'])
    expect(() => parseFault(text), text).toThrow(expect.objectContaining({ code: 'FAULT_NOT_UNDERSTOOD' }));
  expect(run('nonsense')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('expected <point>, <point>:<pass>'),
  });
});
