import { registerExtensions } from '@retort/foundation/extensions';
import { REGRESSION, type Task } from '@retort/foundation/task';
import { evaluate } from '@retort/stage-evaluate';
import { defineMetric } from '@retort/training/metrics';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { configOf, modelFolder, runEvaluate, tableOf, tokensFolder } from './harness.ts';

/** With a setting of its own. */
const withinDistance = defineMetric({
  name: 'withinDistance',
  description: 'Share of rows whose number is near enough.',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: { distance: { description: 'How near, above 0.', type: 'number', exclusiveMinimum: 0, default: 0.5 } },
  },
  title: 'near enough',
  format: 'percent',
  better: 'higher',
  fits: ({ kind }) => kind === 'regression',
  score: ({ labels, predictions }, { settings: { distance } }) =>
    Array.from(labels).filter((label, row) => Math.abs(label - (predictions[row] as number)) <= distance).length /
    labels.length,
});

/** Of which less is better. */
const meanError = defineMetric({
  name: 'meanError',
  description: 'Mean distance of predicted and gold numbers.',
  title: 'mean error',
  format: 'decimal',
  better: 'lower',
  fits: ({ kind }) => kind === 'regression',
  score: ({ labels, predictions }) =>
    Array.from(labels).reduce((sum, label, row) => sum + Math.abs(label - (predictions[row] as number)), 0) /
    labels.length,
});

let takeOut = () => {};
beforeAll(() => {
  takeOut = registerExtensions({ metrics: [withinDistance, meanError] }, './plugin');
});
afterAll(() => takeOut());

const code = (task: Task, metric: unknown) => {
  const config = configOf({ metric });
  const model = { tokenizer: 'v', task, architecture: {} as never };
  const inputs = { tokens: { tokenizer: 'v', task }, student: model };
  return evaluate.check?.({ config, inputs, engine: 'cpu' }).map((problem) => problem.code);
};

it('is a setting with its own settings, and refused for another kind of task', () => {
  expect(configOf({ metric: { kind: 'withinDistance' } }).metric).toEqual({ kind: 'withinDistance', distance: 0.5 });
  expect(evaluate.extensions?.(configOf({ metric: 'meanError', lossTerms: ['labels'] }))).toEqual({
    metrics: ['meanError'],
    lossTerms: ['labels'],
    lossKinds: [],
    teacherSignals: [],
  });
  expect(code(REGRESSION, { kind: 'withinDistance' })).toEqual([]);
  expect(code({ kind: 'classes', labels: ['no', 'yes'] }, 'meanError')).toEqual(['METRIC_DOES_NOT_FIT']);
});

it('scores models by its settings, with an interval, beside the metrics that are built in', async () => {
  const teacher = await modelFolder(4, REGRESSION);
  const student = await modelFolder(5, REGRESSION);
  const asked = await runEvaluate({ tokens: await tokensFolder({ task: REGRESSION }), teacher });
  // The teacher is off by 0.25 in each row, so that it is near enough in all or in none of them.
  const gold = Float32Array.from(asked.predictions, ({ predicted }) => (predicted as number) + 0.25);
  const inputs = { tokens: await tokensFolder({ task: REGRESSION }, gold), teacher, student };
  const scores = async (distance: number) => {
    const { metrics } = await runEvaluate(inputs, { metric: { kind: 'withinDistance', distance } });
    return [metrics['teacher.withinDistance'], metrics['teacher.pearson'], metrics['teacher.meanError']];
  };
  expect(await scores(0.3)).toEqual([1, expect.closeTo(1, 6), expect.closeTo(0.25, 6)]);
  expect(await scores(0.2)).toEqual([0, expect.closeTo(1, 6), expect.closeTo(0.25, 6)]);
});

it('where less is better decides floors by it, and shows no share that is retained', async () => {
  const teacher = await modelFolder(4, REGRESSION);
  const student = await modelFolder(5, REGRESSION);
  const asked = await runEvaluate({ tokens: await tokensFolder({ task: REGRESSION }), teacher });
  const gold = Float32Array.from(asked.predictions, ({ predicted }) => predicted as number);
  const inputs = { tokens: await tokensFolder({ task: REGRESSION }, gold), teacher, student };
  const found = await runEvaluate(inputs, {
    metric: 'meanError',
    floor: { teacher: 'aboveMajority' },
  });
  const { columns, rows } = tableOf(found, /^Scores/);
  expect(columns.map(({ title }) => title).slice(0, 2)).toEqual(['model', 'mean error']);
  expect(columns.map(({ title }) => title)).not.toContain('of the teacher');
  expect(rows[0]).toMatchObject({ meanError: { value: 0, low: 0, high: 0 } });
  await expect(runEvaluate(inputs, { metric: 'meanError', floor: { student: 0 } })).rejects.toThrow(
    /^The student has .* mean error .*; "floor.student" wants at most 0\.000\./,
  );
});
