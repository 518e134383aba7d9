import { createEngine, type HostTensors, ParameterSet, type TrainingProgram } from '@retort/engine';
import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession } from 'onnxruntime-node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { normal, relativeDifference } from './support/arrays.ts';

const TOLERANCE = 1e-5;
const POSITIONS = 24;
const WIDTH = 6;

const initial = new Map([
  ['table', normal([20, WIDTH], 1)],
  ['positions', normal([POSITIONS, WIDTH], 2)],
  ['weight', normal([WIDTH, WIDTH], 3)],
]);

/** As a small BERT: a table of positions that is cut, attention over the length, and the first token alone. */
const program: TrainingProgram = ({ table, positions, weight }, { ids }, context) => {
  const [rows, length] = (ids as tf.Tensor).shape as [number, number];
  const places = tf.slice(positions as tf.Tensor2D, [0, 0], [length, WIDTH]);
  const hidden = context.dropout(
    tf.add(tf.gather(table as tf.Tensor, ids as tf.Tensor2D), places),
    0.25,
  ) as tf.Tensor3D;
  const attention = context.dropout(tf.softmax(tf.matMul(hidden, hidden, false, true)), 0.1) as tf.Tensor3D;
  const mixed = tf.reshape(tf.matMul(attention, hidden), [rows * length, WIDTH]) as tf.Tensor2D;
  const all = tf.reshape(tf.tanh(tf.matMul(mixed, weight as tf.Tensor2D)), [rows, length, WIDTH]) as tf.Tensor3D;
  const first = tf.slice(all, [0, 0, 0], [rows, 1, WIDTH]);
  return { loss: tf.sum(tf.square(tf.sub(first, 0.5))), terms: { all: tf.sum(tf.abs(all)) } };
};

/** What it multiplies with depends on the length: no graph is right for two. */
const onLength: TrainingProgram = ({ table }, { ids }) => {
  const [, length] = (ids as tf.Tensor).shape as [number, number];
  const words = tf.gather(table as tf.Tensor, ids as tf.Tensor2D);
  return { loss: tf.sum(tf.square(tf.mul(words, 1 / (length + 3)))), terms: {} };
};

function idsOf(rows: number, length: number): HostTensors {
  const data = Int32Array.from({ length: rows * length }, (_, i) => (i * 7 + length) % 20);
  return { ids: { shape: [rows, length], data } };
}

/** Steps on batches of all these shapes are those of plain JavaScript. @returns how many sessions it took */
async function expectSteps(steps: TrainingProgram, shapes: readonly (readonly [number, number])[]): Promise<number> {
  const created = vi.spyOn(InferenceSession, 'create');
  const sides = await Promise.all(
    (['cpu', 'onnx'] as const).map(async (name) => {
      const parameters = new ParameterSet(initial);
      return { parameters, trainer: (await createEngine(name, { threads: 1 })).trainer(steps, parameters) };
    }),
  );
  const [cpu, onnx] = sides as [(typeof sides)[0], (typeof sides)[0]];
  for (const [at, [rows, length]] of shapes.entries()) {
    const [expected, got] = [
      await cpu.trainer.step(idsOf(rows, length), { dropoutKey: at }),
      await onnx.trainer.step(idsOf(rows, length), { dropoutKey: at }),
    ];
    const of = `${rows} x ${length}`;
    expect(relativeDifference([got.loss], [expected.loss]), of).toBeLessThan(TOLERANCE);
    expect(Object.keys(got.terms)).toEqual(Object.keys(expected.terms));
    for (const name of cpu.trainer.reached) {
      const [mine, theirs] = [onnx, cpu].map(({ parameters }) => parameters.byName.get(name)?.gradient as Float32Array);
      expect(relativeDifference(mine as Float32Array, theirs as Float32Array), `${name} ${of}`).toBeLessThan(TOLERANCE);
    }
  }
  await onnx.trainer.dispose();
  return created.mock.calls.length;
}

afterEach(() => vi.restoreAllMocks());

const threeRowsOf = (...lengths: number[]) => lengths.map((length) => [3, length] as const);
const OTHER_ROWS = [
  [3, 5],
  [3, 9],
  [4, 9],
  [3, 7],
  [4, 9],
] as const;
const MANY_ROWS = [
  [3, 5],
  [4, 9],
  [1, 2],
  [7, 11],
  [4, 9],
] as const;

describe('steps on batches of many sizes', () => {
  it.each([
    ['twice, for the first size and for all', program, threeRowsOf(5, 9, 17, 3, 5, POSITIONS - 1, 2, 11), 2],
    ['twice where rows differ, too', program, MANY_ROWS, 2],
    ['once where all have one size', program, threeRowsOf(5, 5, 5), 1],
    ['once more for a batch that differs in what the first two had in common', program, OTHER_ROWS, 3],
    ['for each size where the program does something else with another', onLength, threeRowsOf(5, 9, 7, 5), 3],
  ])('are compiled %s', async (_, steps, shapes, sessions) => {
    expect(await expectSteps(steps, shapes)).toBe(sessions);
  });

  it('may have other inputs', async () => {
    const scaled: TrainingProgram = ({ table }, { ids, weights }) => {
      const words = tf.sum(tf.gather(table as tf.Tensor, ids as tf.Tensor2D), [1, 2]);
      return { loss: tf.sum(weights === undefined ? words : tf.mul(words, weights)), terms: {} };
    };
    const trainer = (await createEngine('onnx', { threads: 1 })).trainer(scaled, new ParameterSet(initial));
    const loss = async (inputs: HostTensors) => (await trainer.step(inputs, { dropoutKey: 1 })).loss;
    const weights = { shape: [3], data: new Float32Array(3).fill(2) };
    const alone = [await loss(idsOf(3, 5)), await loss(idsOf(3, 9))];
    expect(await loss({ ...idsOf(3, 5), weights })).toBeCloseTo(2 * (alone[0] as number), 4);
    expect(await loss({ ...idsOf(3, 9), weights })).toBeCloseTo(2 * (alone[1] as number), 4);
    expect(await loss(idsOf(3, 5))).toBe(alone[0]);
    await trainer.dispose();
  });
});
