import { hardLabelCrossEntropy } from '@retort/distillation';
import { createEngine, type HostTensors, ParameterSet, type TrainingProgram } from '@retort/engine';
import { type BertConfig, classify, encode, initialValues, parameterSpecs } from '@retort/families';
import { StageInterrupted } from '@retort/foundation/work';
import { type Batch, labelsOf, Optimizer, padTokens, train, trainOnRows } from '@retort/training';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { LENGTHS, METADATA, tokensOf } from './support/tiny-tokens.ts';
import { trainingContext } from './support/training-context.ts';

/** Those that are everywhere. */
const ENGINES = ['onnx', 'cpu'] as const;
const LABELS = ['a', 'b', 'c'];
const MODEL: BertConfig = {
  layers: 1,
  hiddenSize: 8,
  heads: 2,
  intermediateSize: 12,
  maxPositions: 24,
  vocabularySize: METADATA.vocabularySize,
  segmentTypes: 2,
  layerNormEpsilon: 1e-12,
  task: { kind: 'classes', labels: LABELS },
};
const tokens = tokensOf(LENGTHS, { ...METADATA, task: { kind: 'classes', labels: LABELS } });
const freshParameters = () => new ParameterSet(initialValues(parameterSpecs(MODEL, ['classifier']), 3));

const classification =
  (rate: number): TrainingProgram =>
  (parameters, inputs, context) => {
    const model = {
      config: MODEL,
      parameters,
      ...(rate > 0 ? { dropout: { rates: { hidden: rate, attention: rate }, context } } : {}),
    };
    const { hiddenStates } = encode(model, inputs as never);
    const logits = classify(model, hiddenStates.at(-1) as tf.Tensor);
    const { labels, rowWeights } = inputs as { labels: tf.Tensor1D; rowWeights: tf.Tensor1D };
    return { loss: hardLabelCrossEntropy({ logits, labels, rowWeights }), terms: {} };
  };

const inputsOf = (batch: Batch): HostTensors => ({
  ...padTokens(tokens, batch),
  labels: labelsOf(tokens.labels as Int32Array, batch.rows),
});

const OPTIMIZER = {
  kind: 'adamw',
  clipping: 'global',
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-6,
  weightDecay: 0.01,
  maxGradientNorm: 1,
} as const;
const SETTINGS = {
  batchSize: 8,
  gradientAccumulation: 1,
  epochs: 2,
  optimizer: { ...OPTIMIZER, schedule: { kind: 'linear', warmupProportion: 0.1 } },
} as const;

const bytesOf = (parameters: ParameterSet) =>
  Buffer.concat([...parameters.byName.values()].map(({ values }) => Buffer.from(values.slice().buffer)));

async function trained(
  engine: (typeof ENGINES)[number],
  changes: Partial<Record<'epochs' | 'gradientAccumulation', number>> = {},
  { seed = 42, threads = 1 } = {},
) {
  const context = trainingContext({ config: { ...SETTINGS, ...changes }, seed, engine, threads });
  const parameters = freshParameters();
  const summary = await trainOnRows({ context, tokens, parameters, program: classification(0.1), inputsOf });
  return { bytes: bytesOf(parameters), summary, progresses: context.progresses };
}

describe.each(ENGINES)('training on %s', (engine) => {
  it('gives the same bytes for the same seed, others for another', async () => {
    const [first, second, other] = [
      await trained(engine),
      await trained(engine),
      await trained(engine, {}, { seed: 43 }),
    ];
    expect(second.bytes.equals(first.bytes)).toBe(true);
    expect(second.summary).toEqual(first.summary);
    expect(other.bytes.equals(first.bytes)).toBe(false);
  });
});

describe('training', () => {
  it('gives the same bytes on one thread and on two', async () => {
    const [one, two] = [await trained('onnx'), await trained('onnx', {}, { threads: 2 })];
    expect(two.bytes.equals(one.bytes)).toBe(true);
  });

  it('learns', async () => {
    const { summary, progresses } = await trained('onnx', { epochs: 40 });
    expect(progresses[0]?.values?.['loss']).toBeGreaterThan(1);
    // Labels of three classes at random: ln 3 = 1.10 until rows are remembered.
    expect(summary.lastEpoch['loss']).toBeLessThan(0.7);
  });

  it('counts steps, and micro-batches where several make a step', async () => {
    const { summary, progresses } = await trained('onnx');
    expect(summary.steps).toBe(2 * 5);
    expect(progresses.map(({ done }) => done)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(progresses[9]).toMatchObject({ total: 10, unit: 'steps' });
    const accumulated = await trained('onnx', { gradientAccumulation: 2 });
    // 5 micro-batches an epoch: two full steps and one of a single micro-batch.
    expect(accumulated.summary.steps).toBe(2 * 3);
    expect(accumulated.progresses.at(-1)).toMatchObject({ done: 10, total: 10, unit: 'micro-batches' });
  });

  it('has means over the rows of an epoch, also where the last batch has fewer', async () => {
    const frozen = { ...SETTINGS.optimizer, learningRate: 0 };
    const losses = [1, 5, 64].map(async (batchSize) => {
      const context = trainingContext({ config: { ...SETTINGS, batchSize, epochs: 1, optimizer: frozen } });
      const parameters = freshParameters();
      const { lastEpoch } = await trainOnRows({ context, tokens, parameters, program: classification(0), inputsOf });
      return lastEpoch['loss'] as number;
    });
    const [alone, few, all] = await Promise.all(losses);
    expect(few).toBeCloseTo(alone as number, 6);
    expect(all).toBeCloseTo(alone as number, 6);
  });

  it('stops between micro-batches when it is asked to', async () => {
    const context = trainingContext({ config: SETTINGS });
    const inputs = (batch: Batch, index: number) => {
      if (index === 2) context.interrupt();
      return inputsOf(batch);
    };
    const training = trainOnRows({
      context,
      tokens,
      parameters: freshParameters(),
      program: classification(0),
      inputsOf: inputs,
    });
    await expect(training).rejects.toBeInstanceOf(StageInterrupted);
    expect(context.progresses).toHaveLength(3);
  });
});

describe('gradient accumulation', () => {
  /** Sums of the same float32 gradients in another order, through three steps of Adam, which divides small ones by small ones. */
  const TOLERANCE = 2e-5;

  async function run(engine: (typeof ENGINES)[number], batchSize: number) {
    const parameters = freshParameters();
    const trainer = (await createEngine(engine, { threads: 1 })).trainer(classification(0), parameters);
    const batches = Array.from(
      { length: 24 / batchSize },
      (_, i): Batch => ({
        rows: Int32Array.from({ length: batchSize }, (_, row) => i * batchSize + row),
        rowCount: batchSize,
        width: 24,
      }),
    );
    const summary = await train({
      trainer,
      optimizer: new Optimizer(parameters, OPTIMIZER),
      epochs: 1,
      batches: () => batches,
      batchesPerEpoch: batches.length,
      inputsOf,
      schedule: () => 1,
      gradientAccumulation: 8 / batchSize,
      seed: 1,
      progress: () => {},
      log: () => {},
      pass: async () => {},
    });
    await trainer.dispose();
    return { parameters, summary };
  }

  it.each(ENGINES)('of 2 or 4 micro-batches is the larger batch, on %s', async (engine) => {
    const whole = await run(engine, 8);
    for (const size of [4, 2]) {
      const parts = await run(engine, size);
      expect(parts.summary.steps).toBe(3);
      expect(parts.summary.lastEpoch['loss']).toBeCloseTo(whole.summary.lastEpoch['loss'] as number, 5);
      for (const [name, { values }] of whole.parameters.byName) {
        const other = parts.parameters.byName.get(name)?.values as Float32Array;
        expect(Math.max(...values.map((value, i) => Math.abs(value - (other[i] as number)))), name).toBeLessThan(
          TOLERANCE,
        );
      }
    }
  });
});

describe('a loss that is not finite', () => {
  const program: TrainingProgram = (parameters, { factor }) => {
    const attention = tf.mul(
      tf.sum(tf.square(parameters['embeddings.word'] as tf.Tensor)),
      tf.reshape(factor as tf.Tensor, []),
    );
    const hidden = tf.sum(tf.square(parameters['embeddings.position'] as tf.Tensor));
    return { loss: tf.add(attention, hidden), terms: { attention, hidden } };
  };

  const failing = async (badIndex: number) => {
    const context = trainingContext({ config: SETTINGS });
    const inputs = (_: Batch, index: number): HostTensors => ({
      factor: { shape: [1], data: Float32Array.of(index === badIndex ? Number.POSITIVE_INFINITY : 0) },
    });
    return trainOnRows({ context, tokens, parameters: freshParameters(), program, inputsOf: inputs });
  };

  it('ends training with the term, the micro-batch and the batch that it was', async () => {
    await expect(failing(3)).rejects.toMatchObject({ code: 'LOSS_NOT_FINITE' });
    await expect(failing(3)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RetortError: The term attention became Infinity at micro-batch 3 (batch sha256:d7173dd8a9e8); the mean before was 0. Try a smaller learning rate or a longer warm-up.]`,
    );
    await expect(failing(0)).rejects.toThrow('no earlier value was finite');
  });
});
