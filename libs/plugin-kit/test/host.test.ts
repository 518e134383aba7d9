import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { StageEvent, StageTask } from '@retort/plugin-kit';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'retort-host-'));
const bundle = join(folder, 'stage.mjs');

/** One stage that behaves as its configuration says, hosted as the runner's processes host theirs. */
const STAGE = `
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidInputError, StageError } from '@retort/foundation/diagnostics';
import { hostStage } from '@retort/plugin-kit/host';

const behaviours = {
  finish: async (context) => {
    context.log('hello');
    context.warn('careful');
    for (let done = 1; done <= 1000; done++) context.progress({ done, total: 1000, unit: 'steps', values: { loss: 1 / done } });
    return { rows: { text: 3 }, metrics: { loss: 0.5 } };
  },
  shout: async (context) => {
    for (let i = 0; i < 200; i++) context.log('x'.repeat(10_000));
    return {};
  },
  refuse: async () => {
    throw new InvalidInputError([{ code: 'DATA_NO_ROWS', message: 'No rows.', location: { file: 'a.tsv' } }]);
  },
  stageError: async () => {
    throw new StageError('LOSS_NOT_FINITE', 'The loss is not finite at step 3.');
  },
  crash: async () => undefined.nothing,
  reject: async () => {
    Promise.reject(new Error('lost promise'));
    await sleep(60_000);
  },
  full: async () => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  },
  wait: async (context) => {
    context.log('waiting');
    for (;;) {
      await sleep(5);
      context.throwIfInterrupted();
    }
  },
  child: async (context) => {
    context.log(String(spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }).pid));
    for (;;) context.throwIfInterrupted();
  },
  compute: async (context) => {
    context.log('computing');
    for (;;) context.throwIfInterrupted();
  },
};
await hostStage((context) => behaviours[context.config.behaviour](context));
`;

beforeAll(async () => {
  const resolveDir = fileURLToPath(new URL('.', import.meta.url));
  const stdin = { contents: STAGE, resolveDir };
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
  await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile: bundle, banner, logLevel: 'error' });
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Hosted {
  readonly child: ChildProcess;
  readonly events: StageEvent[];
  readonly ended: Promise<{ code: number | null; signal: string | null; stderr: string }>;
}

function host(behaviour: string): Hosted {
  const task: StageTask = {
    stage: 's',
    config: { behaviour },
    seed: 1,
    engine: 'cpu',
    threads: 1,
    inputs: {},
    outputs: {},
  };
  const path = join(folder, `${behaviour}.json`);
  writeFileSync(path, JSON.stringify(task));
  const child = spawn(process.execPath, [bundle, path], {
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const events: StageEvent[] = [];
  let rest = '';
  (child.stdio[3] as Readable).setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() as string;
    events.push(...lines.map((line) => JSON.parse(line) as StageEvent));
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, stderr }));
  return { child, events, ended };
}

async function firstEvent({ child, events }: Hosted): Promise<void> {
  while (events.length === 0) await once(child.stdio[3] as Readable, 'data');
}

describe('a stage that ends by itself', () => {
  test('sends its events in order, the last progress included, and finishes with 0', async () => {
    const { events, ended } = host('finish');
    const { code, stderr } = await ended;
    expect(code).toBe(0);
    expect(events.slice(0, 2)).toEqual([
      { event: 'log', message: 'hello' },
      { event: 'warning', message: 'careful' },
    ]);
    const progresses = events.filter((event) => event.event === 'progress');
    expect(progresses.length).toBeLessThan(20);
    expect(progresses.at(-1)).toMatchObject({ progress: { done: 1000 } });
    expect(events.at(-1)).toMatchObject({ event: 'finished', result: { rows: { text: 3 }, metrics: { loss: 0.5 } } });
    expect((events.at(-1) as { peakMemoryBytes: number }).peakMemoryBytes).toBeGreaterThan(10 << 20);
    expect(stderr).toBe('hello\nwarning: careful\n');
  });

  test('loses nothing of two megabytes said right before its end', async () => {
    const { events, ended } = host('shout');
    await ended;
    expect(events).toHaveLength(201);
  });

  test.each([
    ['refuse', 2, { event: 'failed', code: 'DATA_NO_ROWS', message: 'DATA_NO_ROWS   a.tsv\n  No rows.' }],
    ['stageError', 1, { event: 'failed', code: 'LOSS_NOT_FINITE', message: 'The loss is not finite at step 3.' }],
    ['crash', 1, { event: 'failed', code: 'STAGE_CRASHED', message: expect.stringContaining('TypeError: ') }],
    ['reject', 1, { event: 'failed', code: 'STAGE_CRASHED', message: 'Error: lost promise' }],
    ['full', 1, { event: 'failed', code: 'DISK_FULL', message: expect.stringContaining('The disk is full.') }],
  ])('that fails by "%s" ends with code %i and says why', async (behaviour, exitCode, last) => {
    const { events, ended } = host(behaviour);
    const { code, stderr } = await ended;
    expect(code).toBe(exitCode);
    expect(events.at(-1)).toMatchObject(last);
    expect(stderr).not.toBe('');
  });
});

describe('a stage that is told', () => {
  test.each(['wait', 'compute'])('to stop on its standard input is interrupted: %s', async (behaviour) => {
    const hosted = host(behaviour);
    await firstEvent(hosted);
    hosted.child.stdin?.write('stop\n');
    expect((await hosted.ended).code).toBe(75);
    expect(hosted.events.at(-1)).toEqual({ event: 'interrupted' });
  });

  test('SIGTERM is interrupted; SIGINT alone does nothing', async () => {
    const hosted = host('wait');
    await firstEvent(hosted);
    hosted.child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(hosted.child.exitCode).toBeNull();
    hosted.child.kill('SIGTERM');
    expect((await hosted.ended).code).toBe(75);
  });

  test.each(['wait', 'compute'])('nothing, but loses its runner, ends: %s', async (behaviour) => {
    const hosted = host(behaviour);
    await firstEvent(hosted);
    hosted.child.stdin?.destroy();
    expect((await hosted.ended).signal).toBe('SIGKILL');
  });

  test.skipIf(process.platform !== 'linux')(
    'nothing, but loses its runner, ends with all that it started',
    async () => {
      const hosted = host('child');
      await firstEvent(hosted);
      const pid = Number((hosted.events[0] as { message: string }).message);
      expect(isAlive(pid)).toBe(true);
      hosted.child.stdin?.destroy();
      expect((await hosted.ended).signal).toBe('SIGKILL');
      while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 5));
    },
  );
});

/** A process that ended but was not waited for by whoever inherited it is not alive. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
