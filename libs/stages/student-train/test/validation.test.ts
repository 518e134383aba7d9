import { join } from 'node:path';
import { logits as logitsSignal } from '@retort/distillation/signals';
import { digestTree } from '@retort/foundation/digest';
import { type ByInput, type Facts, inputEntries, takenBy } from '@retort/plugin-kit';
import { createTestContext, type TestInput } from '@retort/plugin-kit/testing';
import { studentTrain } from '@retort/stage-student-train';
import { run } from '@retort/stage-student-train/run';
import { createSignalsWriter, readHistoryTable, readTokens } from '@retort/tables';
import { onlineTeacher, readHistory } from '@retort/training';
import { beforeAll, describe, expect, it } from 'vitest';
import { resolvedConfig } from './support/resolved-config.ts';
import { LABELS, STUDENT, TEACHER, tinyModel, tinyTokens } from './support/tiny-models.ts';

const TASK = { kind: 'classes', labels: LABELS } as const;
const LOGITS = { loss: { logits: { weight: 2 } }, student: STUDENT, optimizer: { learningRate: 0.01 } };

let tokens: TestInput;
let labelled: TestInput;
let teacher: TestInput;
let signals: TestInput;

beforeAll(async () => {
  [tokens, labelled] = [await tinyTokens(), await tinyTokens(LABELS)];
  teacher = await tinyModel({ seed: 1, task: TASK });
  signals = await storedLogits();
});

/** What the teacher says of the tokens, stored. */
async function storedLogits(): Promise<TestInput> {
  const rows = await readTokens(join(tokens.path, 'tokens.arrow'));
  const input = { ...teacher, digest: 't'.repeat(64), label: 'teacher' };
  const asked = await onlineTeacher(input, { tokens: rows, engine: 'onnx', threads: 1 });
  const answers = await asked.ask({ answers: [{ signal: logitsSignal }] });
  const all = Int32Array.from({ length: rows.rowCount }, (_, row) => row);
  const found = await answers.of({ rows: all, rowCount: all.length, width: 12 });
  await answers.close();
  const { path } = await tinyModel({ seed: 1, task: TASK });
  const writer = await createSignalsWriter(join(path, 'signals.arrow'), {
    metadata: {
      teacherDigest: input.digest,
      tokensDigest: (await digestTree(tokens.path)).digest,
      tokenizerDigest: 'v',
      dtype: 'float32',
      task: TASK,
      teacherLayers: TEACHER.layers,
      hiddenSize: TEACHER.hiddenSize,
      heads: TEACHER.heads,
      maskConvention: 'valid positions only, scores before softmax and mask',
    },
    columns: [{ name: 'logits', dtype: 'float32', description: 'Class scores' }],
  });
  const offsets = Int32Array.from({ length: rows.rowCount + 1 }, (_, row) => row * LABELS.length);
  await writer.append({ logits: { values: found.get(logitsSignal)?.data as Float32Array, offsets } }, all);
  await writer.close();
  return { type: 'signals', path };
}

async function trained(settings: object, inputs: ByInput<TestInput>) {
  const config = resolvedConfig(
    { dropout: { hidden: 0, attention: 0 }, batchSize: 4, epochs: 3, ...settings },
    Object.keys(inputs),
  );
  const context = await createTestContext({
    config,
    inputs: takenBy(studentTrain, inputEntries(inputs)),
    outputs: { student: 'model', initialStudent: 'model', history: 'history', times: 'times' },
  });
  const { metrics = {} } = await run(context);
  const { rows } = await readHistoryTable(join(context.outputs.history.path, 'history.arrow'));
  const scored = rows.filter(({ values }) => Object.keys(values).some((name) => name.startsWith('validation.')));
  const phases = (await readHistory(context.outputs.student.path))?.phases;
  return { metrics, rows, scored, phase: phases?.at(-1) };
}

describe('a student is scored while it learns', () => {
  it('by the metrics of its task, where it has a head and the rows have labels', async () => {
    const { metrics, scored, phase } = await trained(LOGITS, { tokens: labelled, teacher, validation: labelled });
    expect(scored.map(({ step }) => step)).toEqual([0, 3, 6, 9]);
    expect(Object.keys(scored[1]?.values ?? {})).toEqual([
      'loss',
      'logits',
      'validation.accuracy',
      'validation.macroF1',
      'validation.matthews',
    ]);
    expect(phase?.validation).toMatchObject({ measure: { name: 'accuracy' }, keptStep: metrics['validation.step'] });
  });

  it('by its held-out losses otherwise, about which a teacher is asked', async () => {
    const { metrics, scored } = await trained(
      { phase: 'general', epochs: 3, batchSize: 4, student: STUDENT, optimizer: { learningRate: 0.01 } },
      { tokens, teacher, validation: tokens },
    );
    for (const { values } of scored) {
      const terms = ['attention', 'hidden', 'embedding'].map((name) => values[`validation.${name}`] as number);
      expect(values['validation.loss']).toBeCloseTo(
        terms.reduce((a, b) => a + b),
        4,
      );
    }
    expect(metrics['validation.loss']).toBeLessThan(metrics['validation.lossBefore'] as number);
  });

  it('by the same losses where the answers are stored', async () => {
    const settings = { ...LOGITS, epochs: 2 };
    const [asked, stored] = [
      await trained(settings, { tokens, teacher, validation: tokens }),
      await trained(settings, { tokens, signals, validation: tokens, validationSignals: signals }),
    ];
    const lossesOf = ({ scored }: typeof asked) => scored.map(({ values }) => values['validation.loss'] as number);
    expect(lossesOf(stored)).toHaveLength(3);
    for (const [i, loss] of lossesOf(stored).entries()) expect(loss).toBeCloseTo(lossesOf(asked)[i] as number, 4);
    const { values } = stored.scored[0] as { values: Record<string, number> };
    expect(values['validation.loss']).toBeCloseTo(2 * (values['validation.logits'] as number), 5);
  });
});

describe('before anything runs', () => {
  const facts: Facts = { tokenizer: 'v', vocabularySize: 20, maxSequenceLength: 12 };
  const rows: Facts = { ...facts, task: TASK };
  const answers: Facts = { tokenizer: 'v', signals: { stored: { logits: true } } };

  function problems(settings: object, inputs: ByInput<Facts>) {
    const config = resolvedConfig(
      { student: STUDENT, optimizer: { learningRate: 0.01 }, ...settings },
      Object.keys(inputs),
    );
    const view = { config, inputs: takenBy(studentTrain, inputEntries(inputs)), engine: 'onnx' as const };
    return studentTrain
      .check?.(view as never)
      .filter(({ code }) => /^(VALIDATION|METRIC)/.test(code))
      .map(({ code, path }) => `${code} ${path.join('.')}`);
  }

  it('held-out losses need somebody who answers about the validation rows', () => {
    const loss = { logits: { weight: 1 } };
    expect(problems({ loss }, { tokens: facts, signals: answers, validation: facts })).toEqual([
      'VALIDATION_NEEDS_TEACHER inputs.validation',
    ]);
    const stored = { tokens: facts, signals: answers, validation: facts, validationSignals: answers };
    expect(problems({ loss }, stored)).toEqual([]);
    expect(problems({ loss }, { ...stored, validationSignals: [answers, answers] })).toEqual([
      'VALIDATION_SIGNALS_DIFFER inputs.validationSignals',
    ]);
    expect(problems({ loss }, { tokens: facts, teacher: { ...facts, task: TASK }, validation: facts })).toEqual([]);
  });

  it('a student of a task needs nobody, and its rows must be of its task', () => {
    const loss = { logits: { weight: 1 } };
    const inputs = { tokens: rows, signals: answers, validation: rows };
    expect(problems({ loss }, inputs)).toEqual([]);
    expect(problems({ loss, validation: { metric: 'f1' } }, inputs)).toEqual([
      'METRIC_DOES_NOT_FIT with.validation.metric',
    ]);
    expect(problems({ loss }, { ...inputs, validationSignals: answers })).toEqual([
      'VALIDATION_SIGNALS_UNUSED inputs.validationSignals',
    ]);
    const others: Facts = { ...rows, task: { kind: 'classes', labels: ['x', 'y'] } };
    expect(problems({ loss }, { ...inputs, validation: others })).toEqual([
      'VALIDATION_TASK_DIFFERS inputs.validation',
    ]);
  });

  it('the preset of the published code keeps the best in the prediction phase alone', () => {
    const validationOf = (phase: string, connected: readonly string[]) =>
      resolvedConfig({ preset: 'official', phase, optimizer: {} }, connected).validation;
    expect(validationOf('prediction', ['tokens', 'validation'])).toEqual({ everySteps: 100, keep: 'best' });
    expect(validationOf('intermediate', ['tokens', 'validation'])).toEqual({ keep: 'last' });
    expect(validationOf('prediction', ['tokens'])).toBeUndefined();
  });
});
