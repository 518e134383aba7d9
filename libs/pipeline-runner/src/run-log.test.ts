import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { RunEvent } from './events.ts';
import { RunLog } from './run-log.ts';

const run = '20250101T000000000Z-00000000';

function progress(done: number): RunEvent {
  return { event: 'stage-progress', run, stage: 'train', progress: { done, unit: 'steps' }, seconds: done };
}

const finished: RunEvent = {
  event: 'stage-finished',
  run,
  stage: { id: 'train', status: 'ran', seconds: 1, outputs: {} },
};

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'retort-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'events.jsonl');
}

test('all progress is handed on; the first and the last are written', () => {
  const path = temporaryFile();
  const seen: RunEvent[] = [];
  const log = new RunLog(path, (event) => seen.push(event));
  const said = [progress(1), progress(2), progress(3), finished];
  for (const event of said) log.emit(event);
  expect(seen).toEqual(said);
  const written = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(written.map((line) => JSON.parse(line))).toEqual([progress(1), progress(3), finished]);
});

test('neither a watcher that throws nor a file that cannot be written stops a run', () => {
  const log = new RunLog(join(temporaryFile(), 'below-a-file'), () => {
    throw new Error('broken pipe');
  });
  expect(() => log.emit(finished)).not.toThrow();
});
