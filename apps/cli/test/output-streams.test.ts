import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, bin, createBench, words } from './retort.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await createBench();
  await bench.write('words.pipeline.json', words);
});

afterAll(() => bench.remove());

interface Typed {
  readonly args: readonly string[];
  readonly shell: string;
}

/** What a shell makes of `retort …` with its streams led somewhere. */
function inShell({ args, shell }: Typed): Promise<{ exitCode: number | null; stdout: string }> {
  const script = shell.replace('RETORT', `"$0" "$1" ${args.join(' ')}`);
  const child = spawn('bash', ['-c', script, process.execPath, bin], { cwd: bench.folder, env: bench.env });
  let stdout = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  return new Promise((resolve) => child.on('close', (exitCode) => resolve({ exitCode, stdout })));
}

async function lastStatus(): Promise<unknown> {
  const { stdout } = await bench.retort('show', '--json');
  return (JSON.parse(stdout) as { status: string }).status;
}

test.each([
  ['a reader of the progress that goes away', 'RETORT 2>&1 >/dev/null | true; exit "${PIPESTATUS[0]}"'],
  ['a reader of everything that goes away after a line', 'RETORT 2>&1 | head -n 1 >/dev/null; exit "${PIPESTATUS[0]}"'],
  ['a reader of results that goes away', 'RETORT 2>/dev/null | true; exit "${PIPESTATUS[0]}"'],
  ['closed streams', 'RETORT >&- 2>&-'],
])('%s never decides a run', async (_, shell) => {
  for (const json of [[], ['--json']]) {
    const run = await inShell({ args: ['run', 'words.pipeline.json', ...json], shell });
    expect(run.exitCode).toBe(0);
    expect(await lastStatus()).toBe('done');
  }
});

const fullDisk = '/dev/full';
test.skipIf(!existsSync(fullDisk))('progress on a full disk is not missed, results are', async () => {
  const args = ['run', 'words.pipeline.json', '--force'];
  expect((await inShell({ args, shell: `RETORT >/dev/null 2>${fullDisk}` })).exitCode).toBe(0);
  const { exitCode, stdout } = await inShell({ args, shell: `RETORT 2>&1 >${fullDisk}` });
  expect(exitCode).toBe(1);
  expect(stdout).toContain('DISK_FULL\n  Could not write to standard output. The disk is full.');
  expect(await lastStatus()).toBe('done');
  expect(
    (await inShell({ args: ['plan', 'words.pipeline.json', '--json'], shell: `RETORT >${fullDisk}` })).exitCode,
  ).toBe(1);
});

test.skipIf(process.platform === 'win32')(
  'without a terminal, as under nohup, a terminal that closes stops no run',
  async () => {
    const log = openSync(join(bench.folder, 'log'), 'a');
    const args = [bin, 'run', 'words.pipeline.json', '--force'];
    const child = spawn(process.execPath, args, { cwd: bench.folder, env: bench.env, stdio: ['ignore', log, 'pipe'] });
    closeSync(log);
    const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)));
    await new Promise((resolve) => child.stderr?.once('data', resolve));
    child.kill('SIGHUP');
    child.stderr?.resume();
    expect(await ended).toBe(0);
  },
);
