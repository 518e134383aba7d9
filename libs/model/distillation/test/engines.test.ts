import { distillationLoss } from '@retort/distillation';
import { type LossBlock, scheduledValues } from '@retort/distillation/loss-block';
import { lossTerms } from '@retort/distillation/terms';
import { createEngine, type HostTensors, type NamedTensors, ParameterSet, type TrainingProgram } from '@retort/engine';
import { RandomStream, streamKey } from '@retort/foundation/random';
import {
  reshape,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { answersOf, lossBlock, outputsOf } from './support/loss-blocks.ts';

const [BATCH, LENGTH, HEADS, NARROW, WIDE, CLASSES] = [3, 4, 2, 2, 4, 3];
const SCORES = [BATCH, HEADS, LENGTH, LENGTH];
/** float32 rounding, relative to the largest element. */
const TOLERANCE = 1e-5;

const parameters = {
  logits: [BATCH, CLASSES],
  hidden0: [BATCH, LENGTH, NARROW],
  hidden1: [BATCH, LENGTH, NARROW],
  scores1: SCORES,
  weight: [NARROW, WIDE],
  bias: [WIDE],
};
const signals = {
  teacherLogits: [BATCH, CLASSES],
  teacher0: [BATCH, LENGTH, WIDE],
  teacher2: [BATCH, LENGTH, WIDE],
  teacherScores2: SCORES,
};

function randomValues(name: string, shape: readonly number[]): Float32Array {
  const stream = new RandomStream(streamKey(3, name));
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 * stream.unit() - 1);
}

const inputs: HostTensors = {
  ...Object.fromEntries(
    Object.entries(signals).map(([name, shape]) => [name, { shape, data: randomValues(name, shape) }]),
  ),
  keyMask: { shape: [BATCH, LENGTH], data: Float32Array.of(1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0) },
  labels: { shape: [BATCH], data: Int32Array.of(2, 0, 1) },
  rowWeights: { shape: [BATCH], data: Float32Array.of(1, 1, 0) },
  hiddenWeight: { shape: [1], data: Float32Array.of(0.75) },
  temperature: { shape: [1], data: Float32Array.of(2.5) },
};

const scalar = (tensor: Tensor | undefined) => reshape(tensor as Tensor, []) as Scalar;

function programOf(block: LossBlock): TrainingProgram {
  const scheduled = scheduledValues(block).map(({ name }) => name);
  return (student: NamedTensors, given: NamedTensors) => {
    const projection = { weight: student.weight as Tensor2D, bias: student.bias as Tensor1D };
    const { loss, terms } = distillationLoss({
      block,
      layers: { mapping: [0, 2], studentLayers: 1, teacherLayers: 2 },
      student: outputsOf({
        logits: student.logits as Tensor2D,
        hiddenStates: [student.hidden0 as Tensor3D, student.hidden1 as Tensor3D],
        attentionScores: [student.scores1 as Tensor4D],
      }),
      teacher: answersOf({
        logits: given.teacherLogits as Tensor2D,
        hiddenStates: { 0: given.teacher0 as Tensor3D, 2: given.teacher2 as Tensor3D },
        attentionScores: { 2: given.teacherScores2 as Tensor4D },
      }),
      keyMask: given.keyMask as Tensor2D,
      rowWeights: given.rowWeights as Tensor1D,
      labels: given.labels as Tensor1D,
      projections: [projection],
      scheduled: new Map(
        scheduled.map((name) => [name, scalar(name === 'hidden.weight' ? given.hiddenWeight : given.temperature)]),
      ),
    });
    return { loss, terms };
  };
}

async function evaluate(engineName: 'cpu' | 'onnx', block: LossBlock) {
  const initial = Object.entries(parameters).map(
    ([name, shape]) => [name, { shape, values: randomValues(name, shape) }] as const,
  );
  const set = new ParameterSet(new Map(initial));
  const trainer = (await createEngine(engineName, { threads: 1 })).trainer(programOf(block), set);
  const { loss, terms } = await trainer.step(inputs, { dropoutKey: 1 });
  const gradients = [...set.byName].map(([name, { gradient }]) => [name, gradient.slice()] as const);
  await trainer.dispose();
  return { values: { loss, ...terms }, gradients: new Map(gradients) };
}

function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, name: string): void {
  const scale = Math.max(...Array.from(expected, Math.abs));
  expect(scale, `${name} is 0 everywhere`).toBeGreaterThan(0);
  Array.from(expected).forEach((value, i) => {
    expect(Math.abs((got[i] as number) - value), `${name}[${i}]: ${got[i]}, expected ${value}`).toBeLessThan(
      TOLERANCE * scale,
    );
  });
}

const TERMS = lossTerms.all().map(({ name }) => name);
const weights = Object.fromEntries(TERMS.map((term, i) => [term, { weight: 0.5 + i }]));
const blocks = [
  ...(['softCrossEntropy', 'klDivergence', 'meanSquaredError'] as const).map((kind) => ({
    ...weights,
    logits: { weight: 2, kind, temperature: 3, scaleByTemperatureSquared: true },
  })),
  {
    ...weights,
    attention: { weight: 1, kind: 'klDivergence' },
    hidden: { weight: 1, kind: 'cosine' },
    embedding: { weight: 1, kind: 'cosine', padding: 'reference' },
  },
  { ...weights, attention: { weight: 1, kind: 'klDivergence', padding: 'reference' } },
  { ...weights, attention: { weight: 1, padding: 'reference' }, hidden: { weight: 1, padding: 'reference' } },
  {
    ...weights,
    hidden: { weight: { kind: 'linear', from: 0, to: 1, unit: 'fraction', begin: 0 } },
    logits: {
      weight: 1,
      temperature: { kind: 'step', from: 5, unit: 'steps', changes: [{ at: 9, to: 1 }] },
      scaleByTemperatureSquared: true,
    },
  },
];

describe('a loss block traced to ONNX', () => {
  it.each(blocks)('has the loss, terms and gradients of the pure JavaScript oracle: %j', async (given) => {
    const block = lossBlock(given);
    const [oracle, traced] = [await evaluate('cpu', block), await evaluate('onnx', block)];
    expect(Object.keys(traced.values)).toEqual(['loss', ...TERMS]);
    expectClose(Object.values(traced.values), Object.values(oracle.values), 'values');
    for (const [name, gradient] of oracle.gradients) expectClose(traced.gradients.get(name) ?? [], gradient, name);
  });
});
