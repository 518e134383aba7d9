import { expect, test } from 'vitest';
import { modelFolder, ROWS, runEvaluate, tableOf, tokensFolder } from './harness.ts';

const NAMES = ['no', 'yes'];
const TASK = { task: { kind: 'classes', labels: NAMES } } as const;

async function answersOf(model: string): Promise<Int32Array> {
  const { predictions } = await runEvaluate({ tokens: await tokensFolder(TASK), teacher: model });
  return Int32Array.from(predictions, ({ predicted }) => predicted as number);
}

test('is scored next to the models, and the teacher is warned about that is not above it', async () => {
  const teacher = await modelFolder(1, NAMES);
  const answers = await answersOf(teacher);
  const gold = answers.map((label, row) => (row % 5 === 0 ? 1 - label : label));
  const tokens = await tokensFolder(TASK, gold);
  const found = await runEvaluate({ tokens, train: tokens, teacher, student: await modelFolder(2, NAMES) });
  expect(found.metrics).toMatchObject({ 'teacher.accuracy': 0.8 });
  expect(found.metrics['bagOfWords.accuracy']).toBeGreaterThan(0.85);
  expect(tableOf(found, /^Scores/).rows.map(({ model }) => model)).toEqual(['teacher', 'student', 'bag of words']);
  expect(tableOf(found, /^Differences/).rows.map(({ models }) => models)).toContain('teacher less bag of words');
  expect(found.predictions.filter(({ model }) => model === 'bagOfWords')).toHaveLength(ROWS);
  expect(found.warnings).toEqual([
    expect.stringMatching(/^The teacher has 80\.0 % accuracy .* and a bag of words has 9[.0-9]+ % accuracy/),
  ]);
});

test('of a teacher that is better, nothing is said', async () => {
  const teacher = await modelFolder(1, NAMES);
  const answers = await answersOf(teacher);
  const train = await tokensFolder(
    TASK,
    answers.map((label) => 1 - label),
  );
  const found = await runEvaluate({ tokens: await tokensFolder(TASK, answers), train, teacher });
  expect(found.metrics['bagOfWords.accuracy']).toBeLessThan(0.1);
  expect(found.warnings).toEqual([]);
});

test('is left out where there are no labels to score it on, and refused where the labels are others', async () => {
  const teacher = await modelFolder(1, NAMES);
  const labels = new Int32Array(ROWS);
  const train = await tokensFolder(TASK, labels);
  const found = await runEvaluate({ tokens: await tokensFolder(TASK), train, teacher });
  expect(new Set(found.predictions.map(({ model }) => model))).toEqual(new Set(['teacher']));
  const turned = { task: { kind: 'classes', labels: ['yes', 'no'] } } as const;
  await expect(runEvaluate({ tokens: train, train: await tokensFolder(turned, labels), teacher })).rejects.toThrow(
    'The held-out tokens are labelled with one of "no", "yes", but "train" is labelled with one of "yes", "no".',
  );
});
