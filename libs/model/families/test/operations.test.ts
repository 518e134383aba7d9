import { createEngine, type ForwardProgram, ParameterSet, type TrainingProgram } from '@retort/engine';
import { ENGINES_HERE, operatorsOf } from '@retort/engine/testing';
import { encode, gelu, headSize, layerNorm, maskBias } from '@retort/families';
import { RandomStream } from '@retort/foundation/random';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { batchOf, parametersOf, ROWS, TINY, tinyValues } from './support/tiny-model.ts';

/** Of the largest gradient: the same formula in float32, with other groupings. */
const TOLERANCE = 1e-5;

function normal(shape: readonly number[], seed: number) {
  const random = new RandomStream(seed);
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 * random.truncatedNormal());
  return { shape, values, data: values };
}

const initial = new Map([
  ['x', normal([5, 8], 1)],
  ['scale', normal([8], 2)],
  ['shift', normal([8], 3)],
]);

type Operation = (parameters: Readonly<Record<'x' | 'scale' | 'shift', tf.Tensor2D>>) => tf.Tensor;

async function gradientsOf(engine: (typeof ENGINES_HERE)[number], operation: Operation) {
  const parameters = new ParameterSet(initial);
  const program: TrainingProgram = (p, { weights }) => ({
    loss: tf.sum(tf.mul(operation(p as never), weights as tf.Tensor)),
    terms: {},
  });
  const trainer = (await createEngine(engine, { threads: 1 })).trainer(program, parameters);
  const { loss } = await trainer.step({ weights: normal([5, 8], 4) }, { dropoutKey: 0 });
  await trainer.dispose();
  return { loss, gradients: parameters.byName };
}

const composedLayerNorm: Operation = ({ x, scale, shift }) => {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  return tf.add(tf.mul(tf.div(centred, tf.sqrt(tf.add(variance, 1e-6))), scale), shift);
};

describe.each(ENGINES_HERE)('on %s', (engine) => {
  it.each<[string, Operation, Operation]>([
    ['layerNorm', ({ x, scale, shift }) => layerNorm({ x, scale, shift, epsilon: 1e-6 }), composedLayerNorm],
    ['gelu', ({ x }) => gelu(x), ({ x }) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1))],
  ])('the gradient that %s writes out is that of its parts', async (_, operation, composed) => {
    const [expected, got] = [await gradientsOf('cpu', composed), await gradientsOf(engine, operation)];
    expect(got.loss).toBeCloseTo(expected.loss, 4);
    for (const [name, { gradient }] of expected.gradients) {
      const other = got.gradients.get(name)?.gradient as Float32Array;
      const scale = Math.max(...gradient.map(Math.abs), 0.1);
      const worst = Math.max(...gradient.map((value, i) => Math.abs(value - (other[i] as number))));
      expect(worst / scale, name).toBeLessThan(TOLERANCE);
    }
  });

  it('maskBias is 0 for tokens and -10000 for padding', async () => {
    const pass = (await createEngine(engine)).forward((_, { mask }) => ({ bias: maskBias(mask as tf.Tensor) }), []);
    const { bias } = await pass.run({ mask: { shape: [2, 3], data: Int32Array.from([1, 1, 0, 1, 0, 0]) } });
    expect(bias?.shape).toEqual([2, 1, 1, 3]);
    expect(Array.from(bias?.data ?? [], (value) => value + 0)).toEqual([0, 0, -10_000, 0, -10_000, -10_000]);
    await pass.dispose();
  });
});

it('headSize says when the heads do not divide the hidden size', () => {
  expect(headSize(TINY)).toBe(4);
  expect(() => headSize({ ...TINY, heads: 3 })).toThrowErrorMatchingInlineSnapshot(
    `[RetortError: hiddenSize 8 is not divisible by 3 heads.]`,
  );
});

it('a forward pass on onnx has one operator for each GELU and each layer normalization', async () => {
  const parameters = parametersOf(tinyValues([]));
  const program: ForwardProgram = (p, inputs) => {
    const { hiddenStates, attentionScores } = encode({ config: TINY, parameters: p }, inputs as never);
    return Object.fromEntries([...hiddenStates, ...attentionScores].map((output, i) => [String(i), output]));
  };
  const operators = await operatorsOf(program, parameters, batchOf(ROWS, 6));
  const count = (type: string) => operators.filter((each) => each === type).length;
  expect([count('BiasGelu'), count('Gelu'), count('Erf')]).toEqual([TINY.layers, 0, 0]);
  expect([count('LayerNormalization'), count('Sqrt')]).toEqual([1 + 2 * TINY.layers, 0]);
});
