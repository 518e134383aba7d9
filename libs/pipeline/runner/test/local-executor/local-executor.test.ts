import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunningStage, StageLaunch } from '@retort/pipeline-runner';
import { createLocalExecutor } from '@retort/pipeline-runner/local-executor';
import type { StageEvent } from '@retort/plugin-kit';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'retort-executor-'));
const codePath = join(folder, 'stage.mjs');

/** A stage that behaves as its configuration says, hosted for real. */
const STAGE = `
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { StageError } from '@retort/foundation/diagnostics';
import { hostStage } from '@retort/plugin-kit/host';
const behaviours = {
  finish: async () => ({ metrics: { loss: 0.25 } }),
  environment: async (context) => { context.log(JSON.stringify(process.env)); return {}; },
  refuse: async () => { throw new StageError('DATA_NO_ROWS', 'There are no rows.'); },
  throw: async () => { throw new TypeError('oops'); },
  exit: async () => { console.error('last words'); process.exit(7); },
  abort: async () => process.abort(),
  kill: async () => process.kill(process.pid, 'SIGKILL'),
  never: async () => new Promise(() => {}),
  child: async (context) => {
    const child = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    context.log(String(child.pid));
    for (;;) { await sleep(5); context.throwIfInterrupted(); }
  },
  wait: async (context) => {
    context.log('waiting');
    for (;;) { await sleep(5); context.throwIfInterrupted(); }
  },
};
await hostStage((context) => behaviours[context.config](context));
`;

beforeAll(async () => {
  const resolveDir = fileURLToPath(new URL('.', import.meta.url));
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
  const stdin = { contents: STAGE, resolveDir };
  await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile: codePath, banner, logLevel: 'error' });
});
afterAll(() => rmSync(folder, { recursive: true }));

function start(
  behaviour: string,
  limits: Partial<StageLaunch> = {},
): RunningStage & { events: StageEvent[]; logPath: string } {
  const scratchFolder = join(folder, `${behaviour}-${Math.random()}`);
  mkdirSync(scratchFolder);
  const logPath = join(scratchFolder, 'log');
  const task = {
    stage: 'train',
    config: behaviour,
    seed: 1,
    engine: 'cpu',
    threads: 1,
    inputs: {},
    outputs: {},
  } as const;
  const events: StageEvent[] = [];
  const onEvent = (event: StageEvent) => events.push(event);
  const running = createLocalExecutor().start({ task, codePath, scratchFolder, logPath, onEvent, ...limits });
  return { ...running, events, logPath };
}

async function whenWaiting({ events }: { events: StageEvent[] }): Promise<void> {
  while (events.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('a stage in a process', () => {
  test('finishes with its result and its memory', async () => {
    const end = await start('finish').done;
    expect(end).toEqual({
      status: 'finished',
      result: { metrics: { loss: 0.25 } },
      peakMemoryBytes: expect.any(Number),
    });
  });

  test('gets no secrets, no options for Node, and a fixed language and time zone', async () => {
    const [token, fault] = [{ RETORT_TEST_TOKEN: 'secret' }, { RETORT_FAULT: 'test.point:7' }];
    Object.assign(process.env, { ...token, ...fault, NODE_OPTIONS: '--trace-warnings', OMP_NUM_THREADS: '2' });
    const { done, events } = start('environment');
    await done;
    delete process.env.NODE_OPTIONS;
    delete process.env.RETORT_FAULT;
    const environment = JSON.parse((events[0] as { message: string }).message);
    expect(environment).toMatchObject(fault);
    expect(environment).toMatchObject({ TZ: 'UTC', LANG: 'C.UTF-8', OMP_NUM_THREADS: '2', PATH: expect.any(String) });
    expect(Object.keys(environment)).not.toContain('RETORT_TEST_TOKEN');
    expect(Object.keys(environment)).not.toContain('NODE_OPTIONS');
  });

  test('fails with its own error, which does not pass by itself', async () => {
    expect(await start('refuse').done).toEqual({
      status: 'failed',
      code: 'DATA_NO_ROWS',
      message: 'There are no rows.',
      mayPass: false,
    });
  });

  test('fails by a bug with a stack in its log', async () => {
    const { done, logPath } = start('throw');
    expect(await done).toEqual({ status: 'failed', code: 'STAGE_CRASHED', message: 'TypeError: oops', mayPass: true });
    expect(readFileSync(logPath, 'utf8')).toMatch(/TypeError: oops\n +at /);
  });

  test.each([
    [
      'exit',
      /^The process of stage "train" exited with code 7 before its stage finished\. Its log: .*log\n {2}last words$/,
    ],
    ['abort', /was ended by SIGABRT/],
    ['kill', /was killed \(SIGKILL\), as the system does when memory runs out/],
  ])('that dies by %s fails with how, and names its log', async (behaviour, message) => {
    const end = await start(behaviour).done;
    expect(end).toMatchObject({
      status: 'failed',
      code: 'STAGE_CRASHED',
      mayPass: true,
      message: expect.stringMatching(message),
    });
  });

  test('that cannot be started fails', async () => {
    const end = await start('finish', { codePath: join(folder, 'absent.mjs') }).done;
    expect(end).toMatchObject({
      status: 'failed',
      code: 'STAGE_CRASHED',
      message: expect.stringContaining('Cannot find module'),
    });
  });

  test('that takes too long is stopped', async () => {
    const end = await start('wait', { timeoutSeconds: 0.5 }).done;
    expect(end).toMatchObject({
      status: 'failed',
      code: 'STAGE_TIMEOUT',
      mayPass: true,
      message: expect.stringContaining('0.5 seconds'),
    });
  });

  test('stops when asked, and dies when killed', async () => {
    const [stopped, killed] = [start('wait'), start('wait')];
    await Promise.all([whenWaiting(stopped), whenWaiting(killed)]);
    stopped.stop();
    killed.kill();
    expect(await stopped.done).toEqual({ status: 'interrupted' });
    expect(stopped.events.at(-1)).toEqual({ event: 'interrupted' });
    expect(await killed.done).toEqual({ status: 'interrupted' });
  });

  test.skipIf(process.platform !== 'linux').each(['stop', 'kill'] as const)(
    'leaves no process behind that it has started: %s',
    async (how) => {
      const running = start('child');
      await whenWaiting(running);
      const pid = Number((running.events[0] as { message: string }).message);
      expect(isAlive(pid)).toBe(true);
      running[how]();
      expect(await running.done).toEqual({ status: 'interrupted' });
      await whenGone(pid);
    },
  );
});

function isAlive(pid: number): boolean {
  try {
    // A process that ended but was not waited for by whoever inherited it is not alive.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function whenGone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 5));
}
