import { expect, test } from 'vitest';
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

test('all progress is handed on; the first and the last are written', () => {
  const [seen, written]: [RunEvent[], unknown[]] = [[], []];
  const log = new RunLog({ append: (event) => void written.push(event) }, (event) => seen.push(event));
  const said = [progress(1), progress(2), progress(3), finished];
  for (const event of said) log.emit(event);
  expect(seen).toEqual(said);
  expect(written).toEqual([progress(1), progress(3), finished]);
});

test('neither a watcher that throws nor a file that cannot be written stops a run', () => {
  const full = () => {
    throw new Error('no space left on device');
  };
  const log = new RunLog({ append: full }, () => {
    throw new Error('broken pipe');
  });
  expect(() => log.emit(finished)).not.toThrow();
});
