import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '@retort/families';
import { digestTree } from '@retort/foundation/digest';
import { withDefaults } from '@retort/pipeline-schema';
import { createTestContext, type TestInput } from '@retort/plugin-kit/testing';
import { pretrain } from '@retort/stage-pretrain';
import { run } from '@retort/stage-pretrain/run';
import { writeTokens } from '@retort/tables/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

const GEOMETRY = { layers: 1, hiddenSize: 16, heads: 2, intermediateSize: 32, maxPositions: 12 };
const folder = mkdtempSync(join(tmpdir(), 'retort-pretrain-'));
const tokens: TestInput = { type: 'tokens', path: folder, label: 'tokenize.train' };
afterAll(() => rmSync(folder, { recursive: true }));

/** Rows that count upwards: a masked word follows from its neighbours. */
beforeAll(async () => {
  const rows = Array.from({ length: 48 }, (_, i) => [2, ...Array.from({ length: 6 }, (_, at) => 5 + (i % 10) + at), 3]);
  await writeTokens(folder, { vocabularySize: 24, maxSequenceLength: 12, rows });
  writeFileSync(join(folder, 'vocab.txt'), Array.from({ length: 24 }, (_, i) => `w${i}`).join('\n'));
});

async function train(settings: object, inputs: Readonly<Record<string, TestInput>> = {}) {
  const optimizer = { learningRate: 0.01 };
  const context = await createTestContext({
    config: withDefaults(pretrain.configSchema, { optimizer, batchSize: 8, ...settings }) as never,
    inputs: { tokens, validation: tokens, ...inputs } as never,
    outputs: { model: 'model' },
    engine: 'onnx',
  });
  const { metrics = {} } = await run(context as never);
  const { path } = context.outputs['model'] as { path: string };
  return { metrics: metrics as Readonly<Record<string, number>>, path };
}

const asInput = (path: string): TestInput => ({ type: 'model', path, label: 'teacher.model' });

test('a new model learns to guess masked words, and keeps the head for it', async () => {
  const { metrics, path } = await train({ architecture: GEOMETRY, epochs: 30 });
  expect(metrics['validation.loss']).toBeLessThan(0.8 * (metrics['validation.lossBefore'] as number));
  expect((await loadModel(path)).heads).toEqual(['maskedLanguageModel']);
});

test('a model that is connected goes on learning from where it was', async () => {
  const first = await train({ architecture: GEOMETRY, epochs: 6 });
  const second = await train({ epochs: 1 }, { model: asInput(first.path) });
  expect(second.metrics['validation.lossBefore']).toBe(first.metrics['validation.loss']);
});

test('the same seed gives the same bytes; another masking probability does not', async () => {
  const digestOf = async (settings: object) => (await digestTree((await train(settings)).path)).digest;
  const settings = { architecture: GEOMETRY, epochs: 1 };
  const digest = await digestOf(settings);
  expect(await digestOf(settings)).toBe(digest);
  expect(await digestOf({ ...settings, maskingProbability: 0.3 })).not.toBe(digest);
});
