import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LossBlock, lossBlockSchema } from '@retort/distillation/loss-block';
import { loadModel } from '@retort/families';
import { digestTree } from '@retort/foundation/digest';
import { RandomStream } from '@retort/foundation/random';
import { withDefaults } from '@retort/pipeline-schema';
import { createTestContext } from '@retort/plugin-kit/testing';
import { run as evaluate } from '@retort/stage-evaluate/run';
import { run as finetune } from '@retort/stage-finetune/run';
import { run as pretrain } from '@retort/stage-pretrain/run';
import { run as studentTrain } from '@retort/stage-student-train/run';
import { run as teacherForward } from '@retort/stage-teacher-forward/run';
import { SPECIAL_IDS, writeTokens } from '@retort/tables/testing';
import { readHistory } from '@retort/training';
import { expect, test } from 'vitest';

const SIZES = { vocabularySize: 24, maxSequenceLength: 12 };
const optimizer = {
  kind: 'adamw',
  learningRate: 0.003,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-6,
  weightDecay: 0.01,
  maxGradientNorm: 1,
  clipping: 'global',
  schedule: { kind: 'linear', warmupProportion: 0.1 },
} as const;
const dropout = { hidden: 0.1, attention: 0.1 };
const training = { batchSize: 16, gradientAccumulation: 1, optimizer, dropout };
const lossOf = (terms: object) => withDefaults(lossBlockSchema() as never, terms) as LossBlock;

/** Rows that count upwards (label 1) or downwards (label 0) from a random word: order decides, the bag of words does not. */
async function tokens(rowCount: number, { labels, seed }: { labels?: readonly string[]; seed: number }) {
  const folder = await mkdtemp(join(tmpdir(), 'retort-tokens-'));
  const random = new RandomStream(seed);
  const rows = Array.from({ length: rowCount }, () => {
    const length = 4 + random.below(6);
    const start = 5 + random.below(10);
    const words = Array.from({ length }, (_, i) => start + i);
    const label = random.below(2);
    return { ids: [SPECIAL_IDS.clsId, ...(label === 1 ? words : words.reverse()), SPECIAL_IDS.sepId], label };
  });
  await writeTokens(folder, {
    ...SIZES,
    rows: rows.map(({ ids }) => ids),
    ...(labels && {
      task: { kind: 'classes', labels } as const,
      labels: Int32Array.from(rows, ({ label }) => label),
    }),
  });
  await writeFile(
    join(folder, 'vocab.txt'),
    Array.from({ length: SIZES.vocabularySize }, (_, i) => `w${i}`).join('\n'),
  );
  return { type: labels ? ('labelledTokens' as const) : ('tokens' as const), path: folder };
}

const LABELS = ['down', 'up'];
const teacherGeometry = { layers: 2, hiddenSize: 32, heads: 2, intermediateSize: 64, maxPositions: 16 };
const studentGeometry = { layers: 1, hiddenSize: 16, heads: 2, intermediateSize: 32, maxPositions: 16 };

test('a teacher is made, asked and distilled, in two phases, and each learns; the same seed gives the same bytes', {
  timeout: 240_000,
}, async () => {
  const text = await tokens(400, { seed: 1 });
  const train = await tokens(400, { labels: LABELS, seed: 2 });
  const held = await tokens(200, { labels: LABELS, seed: 3 });

  const pretraining = await createTestContext({
    config: { architecture: teacherGeometry, maskingProbability: 0.15, evaluationRows: 64, epochs: 6, ...training },
    inputs: { tokens: text, validation: text },
    outputs: { model: 'model' },
  });
  const { metrics: learned } = await pretrain(pretraining);
  expect(learned?.['validation.loss']).toBeLessThan(0.9 * (learned?.['validation.lossBefore'] as number));
  const output = (context: { outputs: Readonly<Record<string, { path: string; type: never }>> }, port: string) =>
    context.outputs[port] as { path: string; type: never };

  const tuning = await createTestContext({
    config: { epochs: 8, ...training },
    inputs: { tokens: train, model: output(pretraining as never, 'model') },
    outputs: { model: 'model' },
  });
  await finetune(tuning);
  const teacher = output(tuning as never, 'model');

  const store = {
    logits: true,
    hiddenStates: 'mapped',
    attentionScores: 'mapped',
    padding: 'masked',
    dtype: 'float16',
    budget: '1 GiB',
  } as const;
  const ask = async (rows: typeof train) => {
    const context = await createTestContext({
      config: {
        store,
        studentLayers: 1,
        layerMapping: { kind: 'uniform' as const },
        precision: 'float32' as const,
        batchSize: 16,
      },
      inputs: { teacher, tokens: rows },
      outputs: { signals: 'signals' },
    });
    const result = await teacherForward(context);
    expect(result.rows).toEqual({ signals: rows === train ? 400 : 200 });
    return output(context as never, 'signals');
  };
  const [signals, heldSignals] = [await ask(train), await ask(held)];

  const distil = async () => {
    const context = await createTestContext({
      config: {
        student: studentGeometry,
        loss: lossOf({ attention: { weight: 1 }, hidden: { weight: 1 }, embedding: { weight: 1 } }),
        epochs: 10,
        padTo: 'bucket' as const,
        teacherPrecision: 'float32' as const,
        lastBatch: 'keep' as const,
        ...training,
      },
      inputs: { tokens: train, signals: [signals] },
      outputs: { student: 'model', initialStudent: 'model' },
    });
    const { metrics } = await studentTrain(context);
    expect(Object.keys(metrics ?? {}).sort()).toEqual(['attention', 'embedding', 'hidden', 'loss']);
    return context;
  };
  const layers = await distil();
  const again = await distil();
  expect((await digestTree(output(again as never, 'student').path)).digest).toBe(
    (await digestTree(output(layers as never, 'student').path)).digest,
  );

  const losses = await createTestContext({
    config: { batchSize: 32, confidence: 0.95, bootstrapSamples: 200, floor: {}, latency: { rows: 3 } },
    inputs: {
      tokens: held,
      student: output(layers as never, 'student'),
      initialStudent: output(layers as never, 'initialStudent'),
      teacher,
      signals: heldSignals,
    },
    outputs: { report: 'report', predictions: 'predictions', speed: 'report' },
  });
  await evaluate(losses);
  const report = JSON.parse(await readFile(join(output(losses as never, 'report').path, 'report.json'), 'utf8'));
  expect(report.tables[0].rows.map(({ term }: { term: string }) => term)).toEqual(['attention', 'hidden', 'embedding']);
  for (const { before, after } of report.tables[0].rows) expect(after).toBeLessThan(before);

  const prediction = await createTestContext({
    config: {
      loss: lossOf({ logits: { weight: 1 } }),
      epochs: 10,
      padTo: 'bucket' as const,
      teacherPrecision: 'float32' as const,
      lastBatch: 'keep' as const,
      ...training,
    },
    inputs: { tokens: train, signals: [signals], student: output(layers as never, 'student') },
    outputs: { student: 'model', initialStudent: 'model' },
  });
  await studentTrain(prediction);
  // The whole way to the student, not its last phase alone.
  const history = await readHistory(output(prediction as never, 'student').path);
  expect(history).toMatchObject({ learnedPositions: SIZES.maxSequenceLength, start: {} });
  expect(history?.phases.map(({ distillation }) => distillation?.mapping)).toEqual([[0, 2], [0]]);
  expect(history?.phases.map(({ stage, tokens: { rows } }) => `${stage} ${rows}`)).toEqual([
    'student-train 400',
    'student-train 400',
  ]);
  expect(await readHistory(output(prediction as never, 'initialStudent').path)).toEqual(
    await readHistory(output(layers as never, 'student').path),
  );
  const taught = await readHistory(teacher.path);
  expect(taught?.phases.map(({ stage }) => stage)).toEqual(['pretrain', 'finetune']);
  // A later phase has to tell apart the positions that it reaches for the first time.
  const { config, values } = await loadModel(teacher.path);
  const positions = values.get('embeddings.position')?.values as Float32Array;
  const rows = Array.from({ length: config.maxPositions }, (_, row) =>
    positions.subarray(row * config.hiddenSize, (row + 1) * config.hiddenSize).join(),
  );
  expect(new Set(rows).size).toBe(config.maxPositions);
  const scores = await createTestContext({
    config: { batchSize: 32, confidence: 0.95, bootstrapSamples: 200, floor: {}, latency: { rows: 0 } },
    inputs: { tokens: held, student: output(prediction as never, 'student'), teacher },
    outputs: { report: 'report', predictions: 'predictions', speed: 'report' },
  });
  const { metrics } = await evaluate(scores);
  expect(metrics?.['teacher.accuracy']).toBeGreaterThan(0.9);
  expect(metrics?.['student.accuracy']).toBeGreaterThan(0.8);
});
