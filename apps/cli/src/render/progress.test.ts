import { PassThrough } from 'node:stream';
import type { RunEvent, StageSummary } from '@retort/pipeline-runner';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { colorsFor } from './colors.ts';
import { ProgressBoard } from './progress-board.ts';
import { createProgressDisplay } from './progress-display.ts';
import { progressLine, progressText, type RunningStage } from './progress-line.ts';
import { stageLine } from './stage-line.ts';

const colors = colorsFor({ isTTY: false }, {});
const options = { colors, width: 120, nameWidth: 13 };

const training = {
  id: 'student-train',
  seconds: 30,
  progress: { done: 189, total: 300, unit: 'steps', values: { loss: 0.51834, attention: 0.0123 } },
  rate: 12.1,
};

test('a live line has name, bar, percent, amount, rate, time left and losses', () => {
  expect(progressLine(training, options)).toMatchInlineSnapshot(
    `"student-train  █████████████░░░░░░░   63 %  189/300 steps  12.1 steps/s  9.2 s left  loss 0.5183  attention 0.0123"`,
  );
});

test('a line without a total has no bar and no time left', () => {
  const line = progressLine(
    { id: 'corpus', seconds: 2, progress: { done: 5000, unit: 'sentences' }, rate: 2500 },
    options,
  );
  expect(line).toMatchInlineSnapshot(`"corpus         5,000 sentences  2,500 sentences/s"`);
});

test('a stage that has said nothing yet shows how long it runs', () => {
  expect(progressLine({ id: 'corpus', seconds: 2 }, options)).toMatchInlineSnapshot(`"corpus         2.0 s"`);
  expect(progressText({ id: 'corpus', seconds: 2 })).toMatchInlineSnapshot(`"  corpus  running for 2.0 s"`);
});

test('a log line says the same without a bar', () => {
  expect(progressText(training)).toMatchInlineSnapshot(
    `"  student-train   63 %  189/300 steps  12.1 steps/s  9.2 s left  loss 0.5183  attention 0.0123"`,
  );
});

test('what is expected by now stands beside the value', () => {
  const progress = { ...training.progress, expected: { attention: [0.01, 0.02] as const } };
  expect(progressText({ ...training, progress })).toMatchInlineSnapshot(
    `"  student-train   63 %  189/300 steps  12.1 steps/s  9.2 s left  loss 0.5183  attention 0.0123 (expected 0.0100 to 0.0200)"`,
  );
});

test.each([10, 20, 40, 79])('a live line is never wider than %d', (width) => {
  expect([...progressLine(training, { ...options, width })].length).toBeLessThanOrEqual(width);
});

test('a stage that waits for another run says for which', () => {
  const holder = {
    run: '20250101T000000000Z-1a2b3c4d',
    stage: 'train',
    host: 'node7',
    pid: 4711,
    since: '2025-01-01T00:00:00.000Z',
  };
  const board = new ProgressBoard();
  board.apply({ event: 'stage-waiting', run: 'r', stage: 'student-train', key: 'k', holder }, 100);
  const [waiting] = board.running(103);
  expect(progressLine(waiting as RunningStage, options)).toMatchInlineSnapshot(
    `"student-train  waiting for run 20250101T000000000Z-1a2b3c4d on node7, process 4711, since 2025-01-01T00:00:00.000Z"`,
  );
  expect(progressText(waiting as RunningStage)).toMatchInlineSnapshot(
    `"  student-train  waiting for run 20250101T000000000Z-1a2b3c4d on node7, process 4711, since 2025-01-01T00:00:00.000Z"`,
  );
  board.apply(started('student-train'), 104);
  expect(board.running(105)).toEqual([{ id: 'student-train', seconds: 1 }]);
});

test('names and units with control characters cannot move the cursor', () => {
  const line = progressLine(
    { id: 'a\u001b[2Jb', seconds: 1, progress: { done: 1, unit: 'x\r\u0007', values: { 'l\u009bm': 1 } } },
    options,
  );
  expect(line).not.toMatch(/\p{Cc}/u);
});

test('the line of a finished stage', () => {
  const stage = (more: Partial<StageSummary>): StageSummary => ({
    id: 'tokenize',
    status: 'ran',
    seconds: 3.21,
    outputs: {},
    ...more,
  });
  const lines = [
    stageLine(stage({}), { done: 12345, unit: 'sentences' }, colors),
    stageLine(
      stage({
        outputs: { train: { digest: 'd', bytes: 1, rows: 900 }, validation: { digest: 'e', bytes: 1, rows: 100 } },
      }),
      undefined,
      colors,
    ),
    stageLine(
      stage({ id: 'student-train', seconds: 75, metrics: { loss: 0.12345, accuracy: 0.9 } }),
      { done: 300, total: 300, unit: 'steps' },
      colors,
    ),
    stageLine(stage({ status: 'cached' }), undefined, colors),
    stageLine(stage({ status: 'failed', error: { code: 'LOSS_NOT_FINITE', message: '', log: '' } }), undefined, colors),
    stageLine(stage({ status: 'skipped' }), undefined, colors),
    stageLine(stage({ status: 'interrupted' }), undefined, colors),
  ];
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "✓ tokenize  3.2 s  12,345 sentences
    ✓ tokenize  3.2 s  1,000 rows
    ✓ student-train  1 min 15 s  300 steps  loss 0.1235  accuracy 0.9000
    = tokenize  cached
    ✗ tokenize  3.2 s  LOSS_NOT_FINITE
    - tokenize  skipped
    ! tokenize  3.2 s  interrupted"
  `);
});

const started = (stage: string): RunEvent => ({
  event: 'stage-started',
  run: 'r',
  stage,
  key: 'k',
  reason: 'never run',
  log: 'l',
});
const progress = (stage: string, done: number, seconds: number, unit = 'steps'): RunEvent => ({
  event: 'stage-progress',
  run: 'r',
  stage,
  progress: { done, total: 1000, unit },
  seconds,
});
const finished = (id: string): RunEvent => ({
  event: 'stage-finished',
  run: 'r',
  stage: { id, status: 'ran', seconds: 1, outputs: {} },
});

test('the rate is that of the last seconds, and starts anew with other work', () => {
  const board = new ProgressBoard();
  board.apply(started('a'), 100);
  // Resumed at 500: what an earlier run did must not count.
  for (let second = 0; second <= 60; second++)
    board.apply(progress('a', 500 + second * (second < 30 ? 1 : 5), second), 100 + second);
  expect(board.running(160)[0]?.rate).toBeCloseTo(5, 1);
  board.apply(progress('a', 0, 61, 'rows'), 161);
  expect(board.running(161)[0]?.rate).toBeUndefined();
  board.apply(finished('a'), 162);
  expect(board.running(162)).toEqual([]);
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('off a terminal: a line for each running stage every five seconds, and one when it ends', async () => {
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  const display = createProgressDisplay({ stream, colors });
  display.apply(started('student-train'));
  display.apply(progress('student-train', 1, 0.5));
  await vi.advanceTimersByTimeAsync(11_000);
  display.apply(finished('student-train'));
  display.close();
  await vi.advanceTimersByTimeAsync(11_000);
  expect(String(stream.read()).split('\n')).toEqual([
    expect.stringMatching(/^ {2}student-train {2,}0 % {2}1\/1,000 steps$/),
    expect.stringMatching(/^ {2}student-train {2,}0 % {2}1\/1,000 steps$/),
    '✓ student-train  1.0 s  1 steps',
    '',
  ]);
});
