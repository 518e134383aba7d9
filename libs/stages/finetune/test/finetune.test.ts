import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '@retort/families';
import { withDefaults } from '@retort/pipeline-schema';
import type { Facts } from '@retort/plugin-kit';
import { createTestContext, type TestInput } from '@retort/plugin-kit/testing';
import { finetune } from '@retort/stage-finetune';
import { run } from '@retort/stage-finetune/run';
import { createTokensWriter } from '@retort/tables';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const LABELS = ['no', 'yes'];
const GEOMETRY = { layers: 1, hiddenSize: 16, heads: 2, intermediateSize: 32, maxPositions: 12 };
const LENGTH = 6;
const folder = mkdtempSync(join(tmpdir(), 'retort-finetune-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** "yes" where the second word is from the upper half of the vocabulary. */
beforeAll(async () => {
  const rows = Array.from({ length: 16 }, (_, i) => [2, 5 + (i % 2) * 8 + (i >> 1), 6, 7, 8, 3]);
  const writer = await createTokensWriter(join(folder, 'tokens.arrow'), {
    tokenizerDigest: 'v1',
    vocabularySize: 30,
    maxSequenceLength: 12,
    padId: 0,
    unkId: 1,
    clsId: 2,
    sepId: 3,
    maskId: 4,
    task: { kind: 'classes', labels: LABELS },
  });
  await writer.append({
    rowCount: rows.length,
    tokenIds: Int32Array.from(rows.flat()),
    offsets: Int32Array.from({ length: rows.length + 1 }, (_, i) => i * LENGTH),
    firstSegmentLengths: new Int32Array(rows.length).fill(LENGTH),
    labels: Int32Array.from(rows, (_, i) => i % 2),
  });
  await writer.close();
  writeFileSync(join(folder, 'vocab.txt'), Array.from({ length: 30 }, (_, i) => `w${i}`).join('\n'));
});

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
});
