import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { crash } from './ending.ts';

test('JavaScript memory that runs out is told apart from other deaths', () => {
  const folder = mkdtempSync(join(tmpdir(), 'retort-ending-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const logPath = join(folder, 'log');
  const log = openSync(logPath, 'a');
  const grow = 'const all = []; for (;;) all.push({ value: [all.length] });';
  const { signal } = spawnSync(process.execPath, ['--max-old-space-size=20', '--eval', grow], {
    stdio: ['ignore', log, log],
  });
  const task = { stage: 'train', config: {}, seed: 1, engine: 'cpu', threads: 1, inputs: {}, outputs: {} } as const;
  const launch = { task, codePath: '', scratchFolder: folder, logPath, onEvent: () => {} };
  expect(crash(launch, { signal: signal as string })).toMatchObject({
    code: 'STAGE_OUT_OF_MEMORY',
    mayPass: false,
    message: expect.stringContaining('The process of stage "train" ran out of JavaScript memory.'),
  });
});
