import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestBytes } from '@retort/foundation/digest';
import { type ByInput, type EngineName, type Facts, type InputEntry, inputEntries, takenBy } from '@retort/plugin-kit';
import { createTestContext, type TestInput } from '@retort/plugin-kit/testing';
import { studentTrain } from '@retort/stage-student-train';
import { run } from '@retort/stage-student-train/run';
import { beforeAll, describe, expect, it } from 'vitest';
import { resolvedConfig } from './support/resolved-config.ts';
import { LABELS, STUDENT, TEACHER, tinyModel, tinyTokens } from './support/tiny-models.ts';

let tokens: TestInput;
let teacher: TestInput;
let other: TestInput;

beforeAll(async () => {
  tokens = await tinyTokens();
  teacher = await tinyModel({ seed: 1, task: { kind: 'classes', labels: LABELS } });
  other = await tinyModel({ seed: 2, task: { kind: 'classes', labels: LABELS } });
});

const settings = { phase: 'joint', student: STUDENT, epochs: 2, batchSize: 4, optimizer: { learningRate: 0.01 } };

async function distil(more: object, inputs: ByInput<TestInput>, engine: EngineName = 'onnx') {
  const config = resolvedConfig({ ...settings, ...more }, Object.keys(inputs));
  const outputs = { student: 'model', initialStudent: 'model' } as const;
  const context = await createTestContext({
    config,
    inputs: takenBy(studentTrain, inputEntries({ tokens, ...inputs })),
    outputs,
    engine,
  });
  const { metrics = {} } = await run(context);
  const folder = (context.outputs['student'] as { path: string }).path;
  const record = JSON.parse(readFileSync(join(folder, 'distillation.json'), 'utf8'));
  const weights = digestBytes(readFileSync(join(folder, 'model.safetensors')));
  return { metrics, record, weights, losses: context.progresses.map(({ values }) => values?.['loss'] as number) };
}

describe('a teacher in int8', () => {
  it('teaches nearly the same, and the student says how nearly', async () => {
    const [exact, quantized] = [await distil({}, { teacher }), await distil({ teacherPrecision: 'int8' }, { teacher })];
    expect(quantized.weights).not.toBe(exact.weights);
    for (const [step, loss] of exact.losses.entries())
      expect(Math.abs((quantized.losses[step] as number) / loss - 1), `step ${step}`).toBeLessThan(0.05);
    expect(exact.record).not.toHaveProperty('int8Error');
    const { teacherPrecision, int8Error } = quantized.record;
    expect({ teacherPrecision, rows: int8Error.rows }).toEqual({ teacherPrecision: 'int8', rows: 10 });
    for (const kind of ['hiddenStates', 'attentionScores', 'logits']) {
      expect(int8Error[kind], kind).toBeGreaterThan(0);
      expect(int8Error[kind], kind).toBeLessThan(0.1);
      expect(quantized.metrics[`int8.${kind}`]).toBe(int8Error[kind]);
    }
  });

  it('is measured on what the loss asks of it', async () => {
    const { record } = await distil({ teacherPrecision: 'int8', phase: 'general' }, { teacher });
    expect(Object.keys(record.int8Error)).toEqual(['rows', 'hiddenStates', 'attentionScores']);
  });

  it('is one of several: what is measured are the averaged logits', async () => {
    const [alone, twice, both] = [
      await distil({ teacherPrecision: 'int8' }, { teacher }),
      await distil({ teacherPrecision: 'int8' }, { teacher: [teacher, teacher] }),
      await distil({ teacherPrecision: 'int8' }, { teacher: [teacher, other] }),
    ];
    expect(twice.record.int8Error.logits).toBeCloseTo(alone.record.int8Error.logits, 6);
    expect(both.record.int8Error.logits).not.toBeCloseTo(alone.record.int8Error.logits, 6);
    expect(both.record.int8Error.hiddenStates).toBe(alone.record.int8Error.hiddenStates);
  });

  it('is nothing that engines know which compute in float32 only', async () => {
    const asked = distil({ teacherPrecision: 'int8' }, { teacher }, 'cpu');
    await expect(asked).rejects.toMatchObject({ code: 'PRECISION_UNSUPPORTED' });
  });
});

it('a teacher in float32 is what it is without the setting, to the byte', async () => {
  const [unsaid, said] = [await distil({}, { teacher }), await distil({ teacherPrecision: 'float32' }, { teacher })];
  expect(said).toEqual(unsaid);
});

describe('planning', () => {
  const known: Record<string, Facts> = {
    teacher: { architecture: TEACHER, task: { kind: 'classes', labels: LABELS } },
    signals: {
      task: { kind: 'classes', labels: LABELS },
      signals: { stored: { logits: true, hiddenStates: [0, 2, 4], attentionScores: [2, 4] }, teacher: TEACHER },
    },
  };
  const problems = (more: object, connected: readonly string[], engine: EngineName = 'onnx') =>
    studentTrain
      .check?.({
        config: resolvedConfig({ ...settings, teacherPrecision: 'int8', ...more }, connected),
        inputs: takenBy(studentTrain, [
          ['tokens', {}, 0],
          ...connected.map((name): InputEntry<Facts> => [name, known[name] as Facts, 0]),
        ]),
        engine,
      })
      .filter(({ code }) => code.startsWith('PRECISION'))
      .map(({ code, path, message }) => `${code} ${path.join('.')}: ${message}`);

  it('takes int8 of a teacher that is asked, on the engine that has it', () => {
    expect(problems({}, ['teacher'])).toEqual([]);
    expect(problems({}, ['teacher'], 'wasm')).toMatchInlineSnapshot(`
      [
        "PRECISION_UNSUPPORTED with.teacherPrecision: The engine "wasm" computes only in float32. Remove "teacherPrecision", or run with --engine onnx.",
      ]
    `);
    expect(problems({ teacherPrecision: 'float32' }, ['teacher'], 'wasm')).toEqual([]);
  });

  it('refuses it where no teacher is asked', () => {
    expect(problems({}, ['signals'])).toMatchInlineSnapshot(`
      [
        "PRECISION_UNUSED with.teacherPrecision: No teacher answers during this training, so nothing is computed in int8. Remove "teacherPrecision", or connect "teacher" and give one of its terms a weight. For stored signals, set "precision" in teacher-forward.",
      ]
    `);
    const labelsAlone = { phase: undefined, loss: { labels: { weight: 1 } } };
    expect(problems(labelsAlone, ['teacher'])).toHaveLength(1);
    expect(problems({ teacherPrecision: 'float32' }, ['signals'])).toEqual([]);
  });
});
