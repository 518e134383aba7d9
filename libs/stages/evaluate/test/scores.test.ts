import { RandomStream } from '@retort/foundation/random';
import { labelsOfTask, REGRESSION, type Task } from '@retort/foundation/task';
import type { TokensMetadata } from '@retort/tables';
import { describe, expect, it } from 'vitest';
import { modelFolder, ROWS, runEvaluate, tableOf, tokensFolder } from './harness.ts';

const NAMES = ['no', 'maybe', 'yes'];

/** What a model answers, as labels: it is then right everywhere. */
async function answersOf(model: string, labels: readonly string[]): Promise<number[]> {
  const { predictions } = await runEvaluate({
    tokens: await tokensFolder({ task: { kind: 'classes', labels } }),
    teacher: model,
  });
  return predictions.map(({ predicted }) => predicted as number);
}

describe('classes', () => {
  it('are scored by every metric that fits, the first with an interval, beside the teacher', async () => {
    const teacher = await modelFolder(1, NAMES);
    const student = await modelFolder(2, NAMES);
    const gold = await answersOf(teacher, NAMES);
    const answers = await answersOf(student, NAMES);
    expect(new Set(gold).size).toBe(3);
    const right = gold.filter((label, row) => label === answers[row]).length / ROWS;
    const found = await runEvaluate({
      tokens: await tokensFolder({ task: { kind: 'classes', labels: NAMES } }, Int32Array.from(gold)),
      teacher,
      student,
    });
    expect(found.metrics).toMatchObject({ 'teacher.accuracy': 1, 'teacher.matthews': 1, 'student.accuracy': right });
    expect(found.progresses.at(-1)).toEqual({ done: 2, total: 2, unit: 'models' });
    const [first, second] = tableOf(found, /^Scores on 40/).rows;
    expect(first).toMatchObject({ model: 'teacher', accuracy: { value: 1, high: 1 }, macroF1: 1, retained: null });
    expect(second).toMatchObject({ model: 'student', accuracy: { value: right }, retained: right });
    expect(tableOf(found, /^Differences/).rows).toMatchObject([
      { models: 'student less teacher', difference: { value: right - 1 } },
    ]);
  });

  it('have precision, recall, F1 and rows each, and a confusion', async () => {
    const student = await modelFolder(1, NAMES);
    const answers = await answersOf(student, NAMES);
    // Everything that is answered "yes" is "no" in truth.
    const gold = Int32Array.from(answers, (label) => (label === 2 ? 0 : label));
    const found = await runEvaluate({
      tokens: await tokensFolder({ task: { kind: 'classes', labels: NAMES } }, gold),
      student,
    });
    const count = (label: number) => answers.filter((answer) => answer === label).length;
    const [no, maybe, yes] = tableOf(found, /^Each label, student/).rows;
    expect(no).toMatchObject({
      label: 'no',
      precision: 1,
      recall: count(0) / (count(0) + count(2)),
      support: count(0) + count(2),
    });
    expect(maybe).toMatchObject({ label: 'maybe', precision: 1, recall: 1, f1: 1, support: count(1) });
    expect(yes).toMatchObject({ label: 'yes', precision: 0, recall: 0, f1: 0, support: 0 });
    expect(tableOf(found, /^Confusion/).rows[0]).toEqual({
      gold: 'no',
      predicted0: count(0),
      predicted1: 0,
      predicted2: count(2),
    });
  });

  it('are matched by name where a model has them in another order', async () => {
    const model = await modelFolder(1, NAMES);
    const turned = await modelFolder(1, ['yes', 'no', 'maybe'], [2, 0, 1]);
    const gold = Int32Array.from(await answersOf(model, NAMES));
    const tokens = await tokensFolder({ task: { kind: 'classes', labels: NAMES } }, gold);
    const found = await runEvaluate({ tokens, teacher: model, student: turned });
    expect(found.metrics['student.accuracy']).toBe(1);
    const [teacher, student] = [found.predictions.slice(0, ROWS), found.predictions.slice(ROWS)];
    expect(student.map(({ logits }) => logits)).toEqual(teacher.map(({ logits }) => logits));
  });

  it('are refused where the model has others, with both lists', async () => {
    const tokens = await tokensFolder({ task: { kind: 'classes', labels: NAMES } }, new Int32Array(ROWS));
    await expect(
      runEvaluate({ tokens, student: await modelFolder(1, ['no', 'perhaps', 'yes']) }),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RetortError: The student answers with one of "no", "perhaps", "yes", but the data is labelled with one of "no", "maybe", "yes". Labels are matched by name. Use a model of this task, or rename the labels of the data.]`,
    );
  });
});

describe('the metric that models are compared by', () => {
  const two = ['unacceptable', 'acceptable'];
  const gold = Int32Array.from({ length: ROWS }, (_, row) => row % 2);
  const firstMetric = async (task: object, settings: object = {}) => {
    const inputs = {
      tokens: await tokensFolder({ task: { kind: 'classes', labels: two }, ...task }, gold),
      student: await modelFolder(3, two),
    };
    return tableOf(await runEvaluate(inputs, settings), /^Scores/).columns[1]?.title;
  };

  it("is GLUE's for its tasks, accuracy for others, or the one that is chosen", async () => {
    expect(await firstMetric({ glue: { task: 'cola' } })).toBe('Matthews');
    expect(await firstMetric({ glue: { task: 'mrpc' } })).toBe('F1');
    expect(await firstMetric({ glue: { task: 'rte' } })).toBe('accuracy');
    expect(await firstMetric({})).toBe('accuracy');
    expect(await firstMetric({}, { metric: 'macroF1' })).toBe('macro F1');
  });
});

describe('numbers', () => {
  it('are scored by their correlations and have no probabilities', async () => {
    const teacher = await modelFolder(4, REGRESSION);
    const asked = await runEvaluate({ tokens: await tokensFolder({ task: { kind: 'regression' } }), teacher });
    const gold = Float32Array.from(asked.predictions, ({ predicted }) => 2 * (predicted as number) + 1);
    const tokens = await tokensFolder({ task: { kind: 'regression' }, glue: { task: 'stsb' } }, gold);
    const { metrics, predictions } = await runEvaluate({ tokens, teacher, student: await modelFolder(5, REGRESSION) });
    expect(metrics['teacher.pearson']).toBeCloseTo(1, 6);
    expect(metrics['teacher.spearman']).toBeCloseTo(1, 6);
    expect(metrics['student.pearson']).toBeLessThan(0.99);
    expect(predictions[0]).toMatchObject({ label: gold[0], probabilities: undefined });
  });
});

describe('several labels a row', () => {
  it('are scored over all labels, over each, and over rows', async () => {
    const task: Task = { kind: 'multi-label', labels: NAMES };
    const teacher = await modelFolder(6, task);
    const asked = await runEvaluate({ tokens: await tokensFolder({ task }), teacher });
    const gold = Int32Array.from(
      asked.predictions.flatMap(({ logits }) => Array.from(logits, (logit) => (logit > 0 ? 1 : 0))),
    );
    const found = await runEvaluate({
      tokens: await tokensFolder({ task }, gold),
      teacher,
      student: await modelFolder(7, task),
    });
    expect(found.metrics).toMatchObject({ 'teacher.microF1': 1, 'teacher.exactMatch': 1 });
    expect(found.metrics['student.microF1']).toBeLessThan(1);
    expect(tableOf(found, /^Scores/).rows[0]).toMatchObject({ microF1: { value: 1, low: 1, high: 1 } });
    expect(tableOf(found, /^Each label/).rows.map(({ label }) => label)).toEqual(NAMES);
    for (const { logits, probabilities, predicted } of found.predictions) {
      expect(predicted).toEqual([...logits.keys()].filter((label) => (logits[label] as number) > 0));
      for (const [label, logit] of logits.entries())
        expect(probabilities?.[label]).toBeCloseTo(1 / (1 + Math.exp(-logit)), 6);
    }
  });
});

describe('a teacher that is no better than always giving the same answer', () => {
  type Data = Pick<TokensMetadata, 'glue'> & { readonly task: Task };
  const KINDS: readonly [string, Data][] = [
    ['classes', { task: { kind: 'classes', labels: NAMES } }],
    ['the F1 of two classes', { task: { kind: 'classes', labels: ['no', 'yes'] }, glue: { task: 'mrpc' } }],
    ['numbers', { task: { kind: 'regression' } }],
    ['several labels a row', { task: { kind: 'multi-label', labels: NAMES } }],
  ];

  /** A teacher and tokens: gold is what the teacher answers, or has nothing to do with it. */
  async function taught(data: Data, isLearned: boolean) {
    const { task } = data;
    const names = labelsOfTask(task);
    // Weights whose answers differ from row to row.
    const teacher = await modelFolder(task.kind === 'multi-label' ? 11 : 1, task);
    const { predictions } = await runEvaluate({ tokens: await tokensFolder(data), teacher });
    const random = new RandomStream(3);
    const gold = predictions.flatMap(({ predicted }) => {
      if (task.kind === 'multi-label')
        return names.map((_, i) => (isLearned ? +(predicted as number[]).includes(i) : random.below(2)));
      if (isLearned) return [predicted as number];
      return [names.length === 0 ? random.unit() : random.below(names.length)];
    });
    const labels = names.length === 0 ? Float32Array.from(gold) : Int32Array.from(gold);
    return { tokens: await tokensFolder(data, labels), teacher };
  }

  it.each(KINDS)('is said to be, instead of a share that a student has of it: %s', async (_, data) => {
    const student = await modelFolder(12, data.task);
    const found = await runEvaluate({ ...(await taught(data, false)), student });
    expect(tableOf(found, /^Scores/).columns.map(({ title }) => title)).not.toContain('of the teacher');
    expect(found.report.notes.join('\n')).toMatch(
      /^The teacher has .* not clearly better than always giving the same answer \(.*\)\. Shares of its gain are therefore not shown\.$/m,
    );
    expect(found.warnings).toEqual([expect.stringMatching(/^The teacher has .* on 40 rows, not clearly better than/)]);
    const learned = await runEvaluate({ ...(await taught(data, true)), student });
    expect(tableOf(learned, /^Scores/).columns.map(({ title }) => title)).toContain('of the teacher');
    expect(learned.warnings).toEqual([]);
  });

  it.each(KINDS)('does not pass the floor "aboveMajority": %s', async (_, data) => {
    const floor = { teacher: 'aboveMajority' };
    await expect(runEvaluate(await taught(data, false), { floor })).rejects.toThrow(
      /^The teacher has .* on 40 rows, not clearly better than .*; "floor.teacher" wants it to be better\. Check/,
    );
    const { folder } = await runEvaluate(await taught(data, true), { floor });
    expect(folder('teacher')).toBeDefined();
  });
});
