import { createEngine, type HostTensors, ParameterSet, type TrainingProgram } from '@retort/engine';
import type { EngineName } from '@retort/engine/names';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { normal, relativeDifference } from './support/arrays.ts';
import { ENGINES_HERE } from './support/engines.ts';

/** Both engines compute in float32 but add in different orders. */
const TOLERANCE = 1e-5;
const SHAPES = 15;

const initial = new Map([
  ['table', normal([20, 6], 1)],
  ['weight', normal([6, 6], 2)],
]);

/** A tied embedding (its gradient is rows from the gather and a matrix from the product) with dropout. */
const program: TrainingProgram = ({ table, weight }, { ids }, context) => {
  const [rows, length] = (ids as tf.Tensor).shape as [number, number];
  const words = context.dropout(tf.gather(table as tf.Tensor, ids as tf.Tensor2D), 0.25);
  const flat = tf.reshape(words, [rows * length, 6]) as tf.Tensor2D;
  const hidden = context.dropout(tf.tanh(tf.matMul(flat, weight as tf.Tensor2D)), 0.5);
  const scores = tf.matMul(hidden, table as tf.Tensor2D, false, true);
  const loss = tf.neg(tf.mean(tf.logSoftmax(scores)));
  return { loss, terms: { size: tf.mean(tf.square(hidden)) } };
};

function idsOf(rows: number, length: number, seed: number): HostTensors {
  const data = Int32Array.from({ length: rows * length }, (_, i) => (i * 7 + seed * 3) % 20);
  return { ids: { shape: [rows, length], data } };
}

async function trainerOf(name: EngineName) {
  const parameters = new ParameterSet(initial);
  const trainer = (await createEngine(name, { threads: 1 })).trainer(program, parameters);
  const gradients = () => new Map([...parameters.byName].map(([key, { gradient }]) => [key, gradient.slice()]));
  return { trainer, parameters, gradients };
}

function expectClose(got: ReadonlyMap<string, Float32Array>, expected: ReadonlyMap<string, Float32Array>, factor = 1) {
  for (const [name, values] of expected)
    expect(
      relativeDifference(
        got.get(name) as Float32Array,
        values.map((value) => factor * value),
      ),
      name,
    ).toBeLessThan(TOLERANCE);
}

describe('a training step', () => {
  it('drops the same elements on both engines, other ones under another key', async () => {
    const [cpu, onnx] = [await trainerOf('cpu'), await trainerOf('onnx')];
    const losses = [];
    for (const dropoutKey of [1, 2, 0xffffffff]) {
      const expected = await cpu.trainer.step(idsOf(3, 5, 0), { dropoutKey });
      const got = await onnx.trainer.step(idsOf(3, 5, 0), { dropoutKey });
      expect(relativeDifference([got.loss], [expected.loss])).toBeLessThan(TOLERANCE);
      expect(relativeDifference([got.terms['size'] as number], [expected.terms['size'] as number])).toBeLessThan(
        TOLERANCE,
      );
      expectClose(onnx.gradients(), cpu.gradients());
      losses.push(got.loss);
    }
    expect(new Set(losses).size).toBe(3);
    await onnx.trainer.dispose();
  });

  it('is right for batches of many shapes in turn', async () => {
    const [cpu, onnx] = [await trainerOf('cpu'), await trainerOf('onnx')];
    for (let round = 0; round < 2; round++) {
      for (let length = 1; length <= SHAPES; length++) {
        const [inputs, options] = [idsOf(2, length, round), { dropoutKey: round }];
        const expected = await cpu.trainer.step(inputs, options);
        const got = await onnx.trainer.step(inputs, options);
        expect(relativeDifference([got.loss], [expected.loss]), `length ${length}`).toBeLessThan(TOLERANCE);
        expectClose(onnx.gradients(), cpu.gradients());
      }
    }
    await onnx.trainer.dispose();
  });

  it.each(ENGINES_HERE)(
    'reads the weights anew every time, and gives the same bits for the same weights, on %s',
    async (name) => {
      const { trainer, parameters } = await trainerOf(name);
      const inputs = idsOf(2, 4, 0);
      const { loss } = await trainer.step(inputs, { dropoutKey: 1 });
      const weight = parameters.byName.get('weight')?.values as Float32Array;
      const before = weight.slice();
      weight.fill(0);
      expect((await trainer.step(inputs, { dropoutKey: 1 })).terms['size']).toBe(0);
      weight.set(before);
      expect((await trainer.step(inputs, { dropoutKey: 1 })).loss).toBe(loss);
      await trainer.dispose();
    },
  );

  it.each(ENGINES_HERE)('adds to the gradients of another shape when it accumulates, on %s', async (name) => {
    const { trainer, gradients } = await trainerOf(name);
    await trainer.step(idsOf(2, 3, 1), { dropoutKey: 1 });
    const first = gradients();
    await trainer.step(idsOf(1, 7, 2), { dropoutKey: 2 });
    const second = gradients();
    await trainer.step(idsOf(2, 3, 1), { dropoutKey: 1 });
    await trainer.step(idsOf(1, 7, 2), { dropoutKey: 2, accumulate: true });
    const sum = new Map(
      [...first].map(([key, values]) => [key, values.map((value, i) => value + (second.get(key)?.[i] as number))]),
    );
    expectClose(gradients(), sum);
    await trainer.dispose();
  });

  it.each(ENGINES_HERE)('refuses a dropout rate of 1, on %s', async (name) => {
    const parameters = new ParameterSet(initial);
    const trainer = (await createEngine(name)).trainer(
      ({ weight }, _, context) => ({ loss: tf.sum(context.dropout(weight as tf.Tensor, 1)), terms: {} }),
      parameters,
    );
    await expect(trainer.step({}, { dropoutKey: 1 })).rejects.toMatchObject({ code: 'DROPOUT_OUT_OF_RANGE' });
  });
});

describe('a forward pass', () => {
  it.each(ENGINES_HERE)('gives results that stay valid after the next ones, on %s', async (name) => {
    const pass = (await createEngine(name)).forward(
      ({ weight }, { x }) => ({ y: tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D) }),
      [{ name: 'weight', ...normal([6, 6], 2) }],
    );
    const first = await pass.run({ x: normal([2, 6], 3) });
    const kept = first['y']?.data.slice();
    for (let i = 0; i < 20; i++) await pass.run({ x: normal([2, 6], 4 + i) });
    await pass.dispose();
    expect(first['y']?.data).toEqual(kept);
  });
});

describe('a parameter set', () => {
  it('says which parameter does not have its shape', () => {
    expect(
      () => new ParameterSet(new Map([['weight', { shape: [2, 3], values: new Float32Array(5) }]])),
    ).toThrowErrorMatchingInlineSnapshot(`[RetortError: parameter weight has 5 values, expected [2, 3] = 6.]`);
  });

  it('gives a snapshot that training does not change', () => {
    const parameters = new ParameterSet(initial);
    const snapshot = parameters.snapshot();
    parameters.byName.get('weight')?.values.fill(0);
    expect(snapshot.get('weight')?.values).toEqual(initial.get('weight')?.values);
    expect(parameters.size).toBe(20 * 6 + 6 * 6);
  });
});
