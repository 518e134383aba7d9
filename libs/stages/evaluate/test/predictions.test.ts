import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestTree } from '@retort/foundation/digest';
import { expect, it } from 'vitest';
import { modelFolder, ROWS, runEvaluate, tokensFolder } from './harness.ts';

const RTE = ['entailment', 'not_entailment'];

it('every model answers every row, with probabilities', async () => {
  const gold = Int32Array.from({ length: ROWS }, (_, row) => row % 2);
  const tokens = await tokensFolder({ task: { kind: 'classes', labels: RTE } }, gold);
  const { predictions } = await runEvaluate({
    tokens,
    teacher: await modelFolder(1, RTE),
    baseline: await modelFolder(2, RTE),
  });
  expect(predictions.map(({ model, row }) => `${model} ${row}`)).toEqual(
    ['teacher', 'baseline'].flatMap((model) => Array.from({ length: ROWS }, (_, row) => `${model} ${row}`)),
  );
  for (const { row, label, predicted, logits, probabilities } of predictions) {
    expect(label).toBe(gold[row]);
    const [a, b] = logits as unknown as [number, number];
    expect(predicted).toBe(b > a ? 1 : 0);
    expect(probabilities?.[1]).toBeCloseTo(1 / (1 + Math.exp(a - b)), 6);
    expect((probabilities?.[0] as number) + (probabilities?.[1] as number)).toBeCloseTo(1, 6);
  }
});

it('unlabelled test rows of GLUE become a file for its server', async () => {
  const student = await modelFolder(1, RTE);
  const tokens = await tokensFolder({ task: { kind: 'classes', labels: RTE }, split: 'test', glue: { task: 'rte' } });
  const { predictions, folder, report, warnings } = await runEvaluate({ tokens, student });
  expect(await readFile(join(folder('predictions'), 'student/RTE.tsv'), 'utf8')).toBe(
    `index\tprediction\n${predictions.map(({ row, predicted }) => `${row}\t${RTE[predicted as number]}\n`).join('')}`,
  );
  expect(report.tables.map(({ title }) => title)).toEqual(['Sizes']);
  expect(warnings).toEqual([
    "GLUE's test set of RTE has 3000 rows, but these are 40, so its server will not accept RTE.tsv.",
  ]);
});

it('MNLI has two', async () => {
  const labels = ['entailment', 'neutral', 'contradiction'];
  const tokens = await tokensFolder({
    task: { kind: 'classes', labels },
    split: 'test',
    glue: { task: 'mnli', isMismatched: true },
  });
  const { folder } = await runEvaluate({ tokens, student: await modelFolder(1, labels) });
  expect(await readFile(join(folder('predictions'), 'student/MNLI-mm.tsv'), 'utf8')).toMatch(/^index\tprediction\n0\t/);
});

it('a model below its floor stops here, and one above it goes on as it was', async () => {
  const teacher = await modelFolder(1, RTE);
  const asked = await runEvaluate({ tokens: await tokensFolder({ task: { kind: 'classes', labels: RTE } }), teacher });
  const answers = asked.predictions.map(({ predicted }) => predicted as number);
  const gold = Int32Array.from(answers, (answer, row) => (row % 4 === 0 ? 1 - answer : answer));
  const inputs = { tokens: await tokensFolder({ task: { kind: 'classes', labels: RTE } }, gold), teacher };
  await expect(runEvaluate(inputs, { floor: { teacher: 0.8 } })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[RetortError: The teacher has 75.0 % accuracy (59.8 % to 85.8 %) on 40 rows; "floor.teacher" wants at least 80.0 %. Check that it was trained on this task with these labels, train it for longer, or lower the floor.]`,
  );
  const { folder, metrics } = await runEvaluate(inputs, { floor: { teacher: 0.75 } });
  expect(metrics['teacher.accuracy']).toBe(0.75);
  expect((await digestTree(folder('teacher'))).digest).toBe((await digestTree(teacher)).digest);
});
