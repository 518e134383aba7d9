import { ParameterSet } from '@retort/engine';
import { RandomStream } from '@retort/random';
import { AdamW, type AdamWConfig } from '@retort/training';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

const STEPS = 50;
/** Of a tensor's largest value: both forms round to float32 after every operation. */
const TOLERANCE = 1e-6;

const CONFIG: AdamWConfig = {
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-6,
  weightDecay: 0.1,
  maxGradientNorm: 0,
};
/** Sizes with every remainder of the four lanes. */
const SHAPES = {
  'a.weight': [4, 4],
  'b.weight': [13],
  'c.bias': [6],
  'd.scale': [7],
  table: [3, 5],
  untouched: [5],
} as const;
const TRAINED = Object.keys(SHAPES).filter((name) => name !== 'untouched');

function normal(shape: readonly number[], seed: number): Float32Array {
  const random = new RandomStream(seed);
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.truncatedNormal());
}

const initial = () =>
  new Map(Object.entries(SHAPES).map(([name, shape], i) => [name, { shape, values: normal(shape, i) }]));
const gradientOf = (name: string, step: number) =>
  normal(SHAPES[name as keyof typeof SHAPES], 1000 * step + name.length + name.charCodeAt(0));
const factorOf = (step: number) => 0.5 + step / 100;

beforeAll(() => tf.setBackend('cpu'));

/** The SIMD form: the package's own. */
function trained(config: AdamWConfig, gradientFactor: number): { parameters: ParameterSet; norms: number[] } {
  const parameters = new ParameterSet(initial());
  const optimizer = new AdamW(parameters, config);
  const norms: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    for (const { name, gradient } of parameters.byName.values()) gradient.set(gradientOf(name, step));
    norms.push(optimizer.apply({ names: TRAINED, learningRateFactor: factorOf(step), gradientFactor }));
  }
  expect(optimizer.step).toBe(STEPS);
  return { parameters, norms };
}

/** The tfjs form: algorithm 2 of arXiv:1711.05101, a formula a line. */
function expected(
  config: AdamWConfig,
  gradientFactor: number,
): { weights: Map<string, Float32Array>; norms: number[] } {
  const { beta1, beta2, epsilon } = config;
  const state = new Map(
    [...initial()].map(([name, { values }]) => [
      name,
      { w: tf.tensor1d(values), m: tf.zerosLike(tf.tensor1d(values)), v: tf.zerosLike(tf.tensor1d(values)) },
    ]),
  );
  const norms: number[] = [];
  for (let step = 1; step <= STEPS; step++) {
    const gradients = new Map(
      TRAINED.map((name) => [name, tf.mul(tf.tensor1d(gradientOf(name, step - 1)), gradientFactor)]),
    );
    const norm = tf.sqrt(tf.addN([...gradients.values()].map((g) => tf.sum(tf.square(g))))).dataSync()[0] as number;
    const clip = config.maxGradientNorm > 0 ? Math.min(1, config.maxGradientNorm / norm) : 1;
    norms.push(norm);
    for (const name of TRAINED) {
      const { w, m, v } = state.get(name) as { w: tf.Tensor1D; m: tf.Tensor1D; v: tf.Tensor1D };
      const g = tf.mul(gradients.get(name) as tf.Tensor, clip);
      const nextM = tf.add(tf.mul(m, beta1), tf.mul(g, 1 - beta1)) as tf.Tensor1D;
      const nextV = tf.add(tf.mul(v, beta2), tf.mul(tf.square(g), 1 - beta2)) as tf.Tensor1D;
      const update = tf.div(
        tf.div(nextM, 1 - beta1 ** step),
        tf.add(tf.sqrt(tf.div(nextV, 1 - beta2 ** step)), epsilon),
      );
      const decay = /bias|scale/.test(name) ? 0 : config.weightDecay;
      const rate = config.learningRate * factorOf(step - 1);
      state.set(name, {
        w: tf.sub(w, tf.mul(tf.add(update, tf.mul(w, decay)), rate)) as tf.Tensor1D,
        m: nextM,
        v: nextV,
      });
    }
  }
  return { weights: new Map([...state].map(([name, { w }]) => [name, w.dataSync() as Float32Array])), norms };
}

describe(`AdamW over ${STEPS} steps is its formula in tensor operations`, () => {
  it.each<[string, Partial<AdamWConfig>, number]>([
    ['with decay', {}, 1],
    ['without decay', { weightDecay: 0 }, 1],
    ['clipped at every step', { maxGradientNorm: 1 }, 1],
    ['clipped at some steps', { maxGradientNorm: 6.6 }, 1],
    ['with the mean of accumulated gradients, clipped', { maxGradientNorm: 1 }, 1 / 3],
    ['with other constants', { beta1: 0, beta2: 0.9, epsilon: 1e-3, learningRate: 0.1 }, 1],
  ])('%s', (_, changes, gradientFactor) => {
    const config = { ...CONFIG, ...changes };
    const [got, wanted] = [trained(config, gradientFactor), expected(config, gradientFactor)];
    for (const [name, weights] of wanted.weights) {
      const values = got.parameters.byName.get(name)?.values as Float32Array;
      const worst = Math.max(...weights.map((value, i) => Math.abs(value - (values[i] as number))));
      expect(worst / Math.max(...weights.map(Math.abs)), name).toBeLessThan(TOLERANCE);
    }
    for (const [i, norm] of wanted.norms.entries())
      expect(Math.abs((got.norms[i] as number) - norm) / norm).toBeLessThan(TOLERANCE);
  });
});

describe('AdamW', () => {
  it('clips in some of those steps and not in others', () => {
    const { norms } = trained(CONFIG, 1);
    expect(Math.min(...norms)).toBeLessThan(6.6);
    expect(Math.max(...norms)).toBeGreaterThan(6.6);
  });

  it('leaves parameters alone that it is not told to train: weights, decay and moments', () => {
    const { parameters } = trained(CONFIG, 1);
    const untouched = parameters.byName.get('untouched');
    expect(untouched?.values).toEqual(initial().get('untouched')?.values);
    expect([...(untouched?.firstMoment ?? []), ...(untouched?.secondMoment ?? [])]).toEqual(Array(10).fill(0));
  });

  it('decays weights and tables, but neither biases nor scales', () => {
    const parameters = new ParameterSet(initial());
    new AdamW(parameters, CONFIG).apply({ names: TRAINED, learningRateFactor: 1 });
    for (const name of TRAINED) {
      const { values: before } = initial().get(name) as { values: Float32Array };
      const factor = /bias|scale/.test(name) ? 1 : 1 - CONFIG.learningRate * CONFIG.weightDecay;
      const after = parameters.byName.get(name)?.values as Float32Array;
      for (const [i, value] of before.entries()) expect(after[i], name).toBeCloseTo(factor * value, 6);
    }
  });

  it('changes nothing at a learning rate of 0 but its moments', () => {
    const parameters = new ParameterSet(initial());
    for (const { name, gradient } of parameters.byName.values()) gradient.set(gradientOf(name, 0));
    new AdamW(parameters, CONFIG).apply({ names: TRAINED, learningRateFactor: 0 });
    for (const name of TRAINED) expect(parameters.byName.get(name)?.values).toEqual(initial().get(name)?.values);
    expect(parameters.byName.get('table')?.firstMoment.some((value) => value !== 0)).toBe(true);
  });
});
