import { ParameterSet, type TrainedParameter } from '@retort/engine';
import { RandomStream } from '@retort/foundation/random';
import { type AdamSettings, Optimizer, type OptimizerSettings } from '@retort/training';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

const STEPS = 50;
/** Of a tensor's largest value: both forms round to float32 after every operation. */
const TOLERANCE = 1e-6;

type OptimizerConfig = OptimizerSettings & AdamSettings;

const CONFIG: OptimizerConfig = {
  kind: 'adamw',
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-6,
  weightDecay: 0.1,
  maxGradientNorm: 0,
  clipping: 'global',
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
function trained(config: OptimizerConfig, gradientFactor: number): { parameters: ParameterSet; norms: number[] } {
  const parameters = new ParameterSet(initial());
  const optimizer = new Optimizer(parameters, config);
  const norms: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    for (const { name, gradient } of parameters.byName.values()) gradient.set(gradientOf(name, step));
    norms.push(optimizer.apply({ names: TRAINED, learningRateFactor: factorOf(step), gradientFactor }));
  }
  expect(optimizer.step).toBe(STEPS);
  return { parameters, norms };
}

type State = { w: tf.Tensor; m: tf.Tensor; v: tf.Tensor };

/** The tfjs form: the published formulas in tensor operations, a formula a line. */
function expected(
  config: OptimizerConfig,
  gradientFactor: number,
): { weights: Map<string, Float32Array>; norms: number[] } {
  const state = new Map<string, State>(
    [...initial()].map(([name, { values }]) => {
      const w = tf.tensor1d(values);
      return [name, { w, m: tf.zerosLike(w), v: tf.zerosLike(w) }];
    }),
  );
  const norms: number[] = [];
  for (let step = 1; step <= STEPS; step++) {
    const gradients = new Map(
      TRAINED.map((name) => [name, tf.mul(tf.tensor1d(gradientOf(name, step - 1)), gradientFactor)]),
    );
    norms.push(normOf([...gradients.values()]));
    for (const name of TRAINED) {
      const gradient = clipped(config, gradients.get(name) as tf.Tensor, norms.at(-1) as number);
      const rate = config.learningRate * factorOf(step - 1);
      state.set(
        name,
        updated(config, state.get(name) as State, { gradient, rate, step, decays: !/bias|scale/.test(name) }),
      );
    }
  }
  return { weights: new Map([...state].map(([name, { w }]) => [name, w.dataSync() as Float32Array])), norms };
}

function normOf(tensors: readonly tf.Tensor[]): number {
  return tf.sqrt(tf.addN(tensors.map((g) => tf.sum(tf.square(g))))).dataSync()[0] as number;
}

/** `perTensor` as torch's clip_grad_norm_ on one tensor: max_norm / (norm + 1e-6), at most 1. */
function clipped({ maxGradientNorm, clipping }: OptimizerConfig, gradient: tf.Tensor, norm: number): tf.Tensor {
  if (maxGradientNorm === 0) return gradient;
  const limit = clipping === 'global' ? maxGradientNorm / norm : maxGradientNorm / (normOf([gradient]) + 1e-6);
  return tf.mul(gradient, Math.min(1, limit));
}

function updated(
  { kind, beta1, beta2, epsilon, weightDecay }: OptimizerConfig,
  { w, m, v }: State,
  { gradient, rate, step, decays }: { gradient: tf.Tensor; rate: number; step: number; decays: boolean },
): State {
  const decay = decays ? weightDecay : 0;
  const g = kind === 'adam' ? tf.add(gradient, tf.mul(w, decay)) : gradient;
  const nextM = tf.add(tf.mul(m, beta1), tf.mul(g, 1 - beta1));
  const nextV = tf.add(tf.mul(v, beta2), tf.mul(tf.square(g), 1 - beta2));
  const correct = (moment: tf.Tensor, beta: number) =>
    kind === 'bertAdam' ? moment : tf.div(moment, 1 - beta ** step);
  const update = tf.div(correct(nextM, beta1), tf.add(tf.sqrt(correct(nextV, beta2)), epsilon));
  const decayed = kind === 'adam' ? update : tf.add(update, tf.mul(w, decay));
  return { w: tf.sub(w, tf.mul(decayed, rate)), m: nextM, v: nextV };
}

describe.each(['adamw', 'bertAdam', 'adam'] as const)(
  `%s over ${STEPS} steps is its formula in tensor operations`,
  (kind) => {
    it.each<[string, Partial<OptimizerConfig>, number]>([
      ['with decay', {}, 1],
      ['without decay', { weightDecay: 0 }, 1],
      ['clipped at every step', { maxGradientNorm: 1 }, 1],
      ['clipped at some steps', { maxGradientNorm: 6.6 }, 1],
      ['with the mean of accumulated gradients, clipped', { maxGradientNorm: 1 }, 1 / 3],
      ['clipped parameter by parameter', { maxGradientNorm: 1, clipping: 'perTensor' }, 1],
      ['clipped parameter by parameter, some of them', { maxGradientNorm: 2.7, clipping: 'perTensor' }, 1 / 2],
      ['with other constants', { beta1: 0, beta2: 0.9, epsilon: 1e-3, learningRate: 0.1 }, 1],
    ])('%s', (_, changes, gradientFactor) => {
      const config = { ...CONFIG, kind, ...changes };
      const [got, wanted] = [trained(config, gradientFactor), expected(config, gradientFactor)];
      for (const [name, weights] of wanted.weights) {
        const values = got.parameters.byName.get(name)?.values as Float32Array;
        const worst = Math.max(...weights.map((value, i) => Math.abs(value - (values[i] as number))));
        expect(worst / Math.max(...weights.map(Math.abs)), name).toBeLessThan(TOLERANCE);
      }
      for (const [i, norm] of wanted.norms.entries())
        expect(Math.abs((got.norms[i] as number) - norm) / norm).toBeLessThan(TOLERANCE);
    });
  },
);

describe('the optimizer', () => {
  it('makes the first update of the reference code: 3.1621777 without bias correction, 0.999999 with it', () => {
    for (const [kind, update] of [
      ['bertAdam', 3.1621777],
      ['adamw', 0.999999],
      ['adam', 0.999999],
    ] as const) {
      const parameters = new ParameterSet(new Map([['a.bias', { shape: [1], values: Float32Array.of(0) }]]));
      parameters.byName.get('a.bias')?.gradient.fill(1);
      new Optimizer(parameters, { ...CONFIG, kind, learningRate: 1 }).apply({
        names: ['a.bias'],
        learningRateFactor: 1,
      });
      expect(parameters.byName.get('a.bias')?.values[0], kind).toBeCloseTo(-update, 6);
    }
  });

  it('clips each parameter to its own norm, or all to one', () => {
    const firstMoments = (clipping: 'global' | 'perTensor') => {
      const initialValues = ['a.bias', 'b.bias'].map(
        (name) => [name, { shape: [1], values: Float32Array.of(0) }] as const,
      );
      const parameters = new ParameterSet(new Map(initialValues));
      for (const [i, { gradient }] of [...parameters.byName.values()].entries()) gradient.fill([3, 4][i] as number);
      const config = { ...CONFIG, maxGradientNorm: 1, clipping, beta1: 0 };
      new Optimizer(parameters, config).apply({ names: ['a.bias', 'b.bias'], learningRateFactor: 1 });
      return [...parameters.byName.values()].map(({ states }) => states[0]?.[0] as number);
    };
    const [global, perTensor] = [firstMoments('global'), firstMoments('perTensor')];
    expect(global[0]).toBeCloseTo(0.6, 6);
    expect(global[1]).toBeCloseTo(0.8, 6);
    expect(perTensor[0]).toBeCloseTo(1, 6);
    expect(perTensor[1]).toBeCloseTo(1, 6);
  });

  it('clips in some of those steps and not in others', () => {
    const { norms } = trained(CONFIG, 1);
    expect(Math.min(...norms)).toBeLessThan(6.6);
    expect(Math.max(...norms)).toBeGreaterThan(6.6);
  });

  it('leaves parameters alone that it is not told to train: weights, decay and moments', () => {
    const { parameters } = trained(CONFIG, 1);
    const untouched = parameters.byName.get('untouched');
    expect(untouched?.values).toEqual(initial().get('untouched')?.values);
    expect(untouched?.states.flatMap((state) => [...state])).toEqual(Array(10).fill(0));
  });

  it('decays weights and tables, but neither biases nor scales', () => {
    const parameters = new ParameterSet(initial());
    new Optimizer(parameters, CONFIG).apply({ names: TRAINED, learningRateFactor: 1 });
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
    new Optimizer(parameters, CONFIG).apply({ names: TRAINED, learningRateFactor: 0 });
    for (const name of TRAINED) expect(parameters.byName.get(name)?.values).toEqual(initial().get(name)?.values);
    expect(parameters.byName.get('table')?.states[0]?.some((value) => value !== 0)).toBe(true);
  });

  it.each(['adamw', 'bertAdam', 'adam'] as const)(
    '%s comes to the same bytes when it knows which rows of a gradient are not 0, resumed as well',
    (kind) => {
      const rowsOfStep = [[1], [3], [1, 4], [], [3]];
      const runs = [true, false].map((areKnown) => {
        const parameters = new ParameterSet(new Map([['table', { shape: [6, 5], values: normal([6, 5], 1) }]]));
        const table = parameters.byName.get('table') as TrainedParameter;
        const config = { ...CONFIG, kind, maxGradientNorm: 0.1 };
        let optimizer = new Optimizer(parameters, config);
        for (const [step, rows] of rowsOfStep.entries()) {
          if (step === 2) optimizer = Object.assign(new Optimizer(parameters, config), { step });
          table.gradient.fill(0);
          for (const row of rows) table.gradient.set(normal([5], 10 * step + row), row * 5);
          table.gradientRows = areKnown ? Int32Array.from(rows) : undefined;
          optimizer.apply({ names: ['table'], learningRateFactor: factorOf(step) });
        }
        return table;
      });
      const [known, unknown] = runs as [TrainedParameter, TrainedParameter];
      expect(known.values).toEqual(unknown.values);
      expect(known.states).toEqual(unknown.states);
    },
  );
});
