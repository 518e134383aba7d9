import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadModel } from '@retort/families';
import { withDefaults } from '@retort/pipeline-schema';
import type { Facts } from '@retort/plugin-kit';
import { createTestContext, type TestInput } from '@retort/plugin-kit/testing';
import { finetune } from '@retort/stage-finetune';
import { run } from '@retort/stage-finetune/run';
import { openTable, readHistoryTable } from '@retort/tables';
import { writeTokens } from '@retort/tables/testing';
import { readHistory } from '@retort/training';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const LABELS = ['no', 'yes'];
const GEOMETRY = { layers: 1, hiddenSize: 16, heads: 2, intermediateSize: 32, maxPositions: 12 };
const folder = mkdtempSync(join(tmpdir(), 'retort-finetune-'));
/** The same rows with the other labels: the better a model learns, the worse it scores on them. */
const contrary = join(folder, 'contrary');
const alike = join(folder, 'alike');
afterAll(() => rmSync(folder, { recursive: true }));

/** "yes" where the second word is from the upper half of the vocabulary. */
beforeAll(async () => {
  await writeRows(folder, (i) => i % 2);
  await writeRows(contrary, (i) => 1 - (i % 2));
  await writeRows(alike, () => 1);
});

async function writeRows(to: string, labelOf: (i: number) => number): Promise<void> {
  const rows = Array.from({ length: 16 }, (_, i) => [2, 5 + (i % 2) * 8 + (i >> 1), 6, 7, 8, 3]);
  const labels = Int32Array.from(rows, (_, i) => labelOf(i));
  const task = { kind: 'classes', labels: LABELS } as const;
  await writeTokens(to, { vocabularySize: 30, maxSequenceLength: 12, task, rows, labels });
  writeFileSync(join(to, 'vocab.txt'), Array.from({ length: 30 }, (_, i) => `w${i}`).join('\n'));
}

const resolved = (settings: object) =>
  withDefaults(finetune.configSchema, { optimizer: { learningRate: 0.01 }, ...settings }) as never;

async function tune(settings: object, model?: TestInput) {
  const tokens: TestInput = { type: 'labelledTokens', path: folder, label: 'tokenize.train' };
  const context = await createTestContext({
    config: resolved({ batchSize: 4, ...settings }),
    inputs: { tokens, ...(model ? { model } : {}) },
    outputs: { model: 'model' },
    engine: 'onnx',
  });
  const { metrics = {} } = await run(context);
  const { path } = context.outputs['model'] as { path: string };
  const losses = context.progresses.map(({ values }) => values?.['loss'] as number);
  return { metrics, losses, path, ...(await loadModel(path)) };
}

const asInput = (path: string): TestInput => ({ type: 'model', path, label: 'teacher.model' });

describe('fine-tuning', () => {
  it('learns the labels, and keeps their names with the model', async () => {
    const { losses, config, heads } = await tune({
      architecture: GEOMETRY,
      epochs: 40,
      dropout: { hidden: 0, attention: 0 },
    });
    expect(losses[0]).toBeGreaterThan(0.5);
    expect(losses.at(-1)).toBeLessThan(0.1);
    expect({ task: config.task, heads }).toEqual({
      task: { kind: 'classes', labels: LABELS },
      heads: ['classifier'],
    });
  });

  it('gives a new model the head that is asked for, which computes something else', async () => {
    const [huggingface, reference] = [
      await tune({ architecture: GEOMETRY, epochs: 1 }),
      await tune({ architecture: GEOMETRY, epochs: 1, headKind: 'reference' }),
    ];
    expect(huggingface.config.headKind).toBeUndefined();
    expect(reference.config.headKind).toBe('reference');
    expect(reference.losses[0]).not.toBe(huggingface.losses[0]);
  });

  it('keeps a trained head, and refuses to take it for another', async () => {
    const { path } = await tune({ architecture: GEOMETRY, epochs: 1, headKind: 'reference' });
    expect((await tune({ epochs: 1 }, asInput(path))).config.headKind).toBe('reference');
    await expect(tune({ epochs: 1, headKind: 'huggingface' }, asInput(path))).rejects.toMatchObject({
      code: 'HEAD_KIND_DIFFERS',
    });
  });
});

describe('validation', () => {
  const settings = {
    architecture: GEOMETRY,
    batchSize: 4,
    epochs: 6,
    optimizer: { learningRate: 0.003, schedule: { kind: 'constant', warmupProportion: 0 } },
    dropout: { hidden: 0, attention: 0 },
  };

  async function validated(validation: object, path = contrary, more: object = {}) {
    const input = (at: string, label: string): TestInput => ({ type: 'labelledTokens', path: at, label });
    const context = await createTestContext({
      config: resolved({ ...settings, ...more, validation }),
      inputs: { tokens: input(folder, 'tokenize.train'), validation: input(path, 'tokenize.validation') },
      outputs: { model: 'model', history: 'history', times: 'times' },
    });
    const { metrics = {} } = await run(context);
    const at = (port: 'model' | 'history' | 'times', file: string) => join(context.outputs[port].path, file);
    const weights = readFileSync(at('model', 'model.safetensors'));
    const history = await readHistoryTable(at('history', 'history.arrow'));
    return { metrics, weights, history, at, context };
  }

  const weightsAfter = async (epochs: number) =>
    readFileSync(join((await tune({ ...settings, epochs })).path, 'model.safetensors'));

  it('keeps the best weights, which are those of training that ended there', async () => {
    const { metrics, weights, history, at } = await validated({});
    const { rows, metadata } = history;
    const scored = rows.filter(({ values }) => values['validation.accuracy'] !== undefined);
    expect(scored.map(({ step }) => step)).toEqual([0, 4, 8, 12, 16, 20, 24]);
    const best = Math.max(...scored.slice(1).map(({ values }) => values['validation.accuracy'] as number));
    const kept = scored.slice(1).find(({ values }) => values['validation.accuracy'] === best)?.step as number;
    expect(kept).toBeLessThan(24);
    expect(metadata.keptStep).toBe(kept);
    expect(metrics['validation.step']).toBe(kept);
    expect(metrics['validation.accuracy']).toBeCloseTo(best, 6);
    expect(weights.equals(await weightsAfter(kept / 4))).toBe(true);
    const phase = (await readHistory(dirname(at('model', 'config.json'))))?.phases[0];
    expect(phase?.validation).toMatchObject({ rows: 16, keep: 'best', scorings: 6, keptStep: kept });
  });

  it('changes no weights where the last ones are kept', async () => {
    const { weights, metrics } = await validated({ keep: 'last', everySteps: 3 });
    expect(weights.equals(await weightsAfter(6))).toBe(true);
    expect(metrics['validation.step']).toBe(24);
  });

  it('writes how training went: losses, rate and norm of every row, the times apart', async () => {
    const { history, at, context } = await validated({ everySteps: 5 });
    expect(history.rows).toHaveLength(25);
    expect(history.rows[0]).toMatchObject({ step: 0, learningRate: undefined, gradientNorm: undefined });
    const losses = context.progresses.map(({ values }) => values?.['loss'] as number);
    expect(history.rows[1]?.values['loss']).toBeCloseTo(losses[0] as number, 6);
    for (const { learningRate, gradientNorm, values, step, epoch } of history.rows.slice(1)) {
      expect(learningRate).toBeCloseTo(0.003, 6);
      expect(gradientNorm).toBeGreaterThan(0);
      expect(values['loss']).toBeGreaterThan(0);
      expect(epoch).toBe(step / 4);
      expect(values['validation.accuracy'] !== undefined).toBe(step % 5 === 0 || step === 24);
    }
    const times = await openTable(at('times', 'times.arrow'), { type: 'times' });
    expect(times.rowCount).toBe(25);
    await times.close();
    expect(context.progresses.at(-1)?.values).toHaveProperty(['validation.accuracy']);
    const report = JSON.parse(readFileSync(at('history', 'report.json'), 'utf8'));
    expect(report.notes[0]).toMatch(/^These rows chose the weights/);
  });

  it('stops early when patience has run out, and says so', async () => {
    const { metrics, history, context } = await validated({ patience: 2, everySteps: 3 }, contrary, { epochs: 40 });
    const last = history.rows.at(-1)?.step as number;
    expect(last).toBeLessThan(160);
    expect(context.logs.at(-1)).toMatch(new RegExp(`^Stopped after step ${last} of 160\\. Kept the weights of step`));
    expect(metrics['loss']).toBeGreaterThan(0);
  });

  it('of rows that all have one label is refused before training', async () => {
    await expect(validated({}, alike)).rejects.toMatchObject({ code: 'VALIDATION_SCORES_NOTHING' });
    await expect(validated({ maxRows: 1 })).rejects.toMatchObject({ code: 'VALIDATION_SCORES_NOTHING' });
  });
});

describe('before anything runs', () => {
  const tokens: Facts = { vocabularySize: 30, maxSequenceLength: 12, task: { kind: 'classes', labels: LABELS } };
  const given = (settings: object, model?: Facts) => ({
    config: resolved(settings),
    inputs: { tokens, ...(model ? { model } : {}) },
    engine: 'onnx' as const,
  });

  it('is known what head the model will have', () => {
    const described = (settings: object, model?: Facts) => finetune.describe?.(given(settings, model))['model'];
    expect(described({ architecture: GEOMETRY, headKind: 'reference' })).toMatchObject({ headKind: 'reference' });
    expect(described({ architecture: GEOMETRY })).not.toHaveProperty('headKind');
    expect(described({}, { architecture: GEOMETRY, headKind: 'distilbert' })).toMatchObject({ headKind: 'distilbert' });
  });

  it('is refused what a kept head contradicts, and nothing else', () => {
    const codes = (settings: object, model?: Facts) => finetune.check?.(given(settings, model)).map(({ code }) => code);
    const trained: Facts = { architecture: GEOMETRY, task: { kind: 'classes', labels: LABELS }, headKind: 'reference' };
    expect(codes({ headKind: 'huggingface' }, trained)).toEqual(['HEAD_KIND_DIFFERS']);
    expect(codes({ headKind: 'reference' }, trained)).toEqual([]);
    expect(
      codes({ headKind: 'huggingface' }, { ...trained, task: { kind: 'classes', labels: ['other', 'labels'] } }),
    ).toEqual([]);
  });

  it('is refused validation that cannot be used', () => {
    const problems = (settings: object, validation?: Facts) => {
      const view = given({ architecture: GEOMETRY, ...settings });
      const inputs = { ...view.inputs, ...(validation && { validation }) };
      return finetune.check?.({ ...view, inputs }).map(({ code, path }) => [code, path.join('.')]);
    };
    const rows = { ...tokens, tokenizer: 'a' };
    expect(problems({}, rows)).toEqual([]);
    expect(problems({ validation: { metric: 'accuracy', patience: 2, minDelta: 0.1 } }, rows)).toEqual([]);
    expect(problems({ validation: {} })).toEqual([['VALIDATION_UNUSED', 'with.validation']]);
    expect(problems({ validation: { minDelta: 0.1 } }, rows)).toEqual([
      ['VALIDATION_UNUSED', 'with.validation.minDelta'],
    ]);
    expect(problems({ validation: { metric: 'pearson' } }, rows)).toEqual([
      ['METRIC_DOES_NOT_FIT', 'with.validation.metric'],
    ]);
    expect(problems({}, { ...rows, rows: 0 })).toEqual([['VALIDATION_SCORES_NOTHING', 'inputs.validation']]);
    expect(problems({}, { ...rows, task: { kind: 'classes', labels: ['yes', 'no'] } })).toEqual([
      ['VALIDATION_TASK_DIFFERS', 'inputs.validation'],
    ]);
  });

  it('settings of validation are filled in where its rows are connected, and only there', () => {
    expect(finetune.complete?.({}, ['tokens', 'validation'])).toEqual({ validation: {} });
    expect(finetune.complete?.({}, ['tokens'])).toEqual({});
    expect(finetune.complete?.({ validation: 3 }, ['validation'])).toEqual({ validation: 3 });
  });
});
