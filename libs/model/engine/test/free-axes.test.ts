import { createEngine, type ForwardProgram, type FreeAxes, type HostTensor } from '@retort/engine';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { normal, relativeDifference } from './support/arrays.ts';

const TOLERANCE = 1e-5;
const WIDTH = 6;
const PARAMETERS = [
  { name: 'table', ...normal([40, WIDTH], 1) },
  { name: 'positions', ...normal([9, WIDTH], 2) },
].map(({ data, ...rest }) => ({ ...rest, values: data as Float32Array }));

/** Sizes of both inputs, their products, transposed products (an operator of ONNX Runtime alone), and a plain result. */
const program: ForwardProgram = (parameters, inputs) => {
  const { table, positions } = parameters as Record<string, tf.Tensor2D>;
  const { ids, scale } = inputs as Record<string, tf.Tensor2D>;
  const [rows, length] = ids!.shape as [number, number];
  const looked = tf.add(tf.gather(table!, ids as never), tf.slice(positions!, [0, 0], [length, WIDTH]));
  const scaled = tf.mul(looked, tf.reshape(scale!, [rows, 1, 1]));
  return { scores: tf.matMul(scaled, scaled, false, true), flat: tf.reshape(scaled, [rows * length, WIDTH]) };
};
const freeAxes: FreeAxes = {
  inputs: { ids: ['rows', 'length'], scale: ['rows'] },
  probes: { rows: [11, 14], length: [5, 7] },
};

const given = (rows: number, length: number): Record<string, HostTensor> => ({
  ids: { shape: [rows, length], data: Int32Array.from({ length: rows * length }, (_, i) => (i * 7) % 40) },
  scale: { shape: [rows], data: Float32Array.from({ length: rows }, (_, i) => 1 + i / 3) },
});

describe('a pass with free axes', () => {
  it.each(['onnx', 'cpu', 'wasm'] as const)('gives the same for every size on %s', async (name) => {
    const engine = await createEngine(name);
    const [free, fixed] = [engine.forward(program, PARAMETERS, { freeAxes }), engine.forward(program, PARAMETERS)];
    for (const [rows, length] of [
      [1, 1],
      [3, 9],
      [5, 5],
      [13, 2],
      [3, 9],
    ] as const) {
      const [one, other] = [await free.run(given(rows, length)), await fixed.run(given(rows, length))];
      for (const result of ['scores', 'flat']) {
        expect(one[result]?.shape).toEqual(other[result]?.shape);
        expect(relativeDifference(one[result]?.data as Float32Array, other[result]?.data as Float32Array)).toBeLessThan(
          TOLERANCE,
        );
      }
    }
    await free.dispose();
    await fixed.dispose();
  });

  it('keeps the results of earlier runs', async () => {
    const pass = (await createEngine('onnx')).forward(program, PARAMETERS, { freeAxes });
    const first = await pass.run(given(2, 3));
    const before = Array.from(first['flat']?.data as Float32Array);
    await pass.run(given(4, 9));
    expect(Array.from(first['flat']?.data as Float32Array)).toEqual(before);
    await pass.dispose();
  });

  it('is refused by an engine that compiles where a size decides what is computed', async () => {
    const odd: ForwardProgram = (_, inputs) => {
      const { ids } = inputs as Record<string, tf.Tensor>;
      return { sum: (ids!.shape[1] as number) > 5 ? tf.sum(ids!) : tf.neg(ids!) };
    };
    const pass = (await createEngine('onnx')).forward(odd, [], {
      freeAxes: { ...freeAxes, inputs: { ids: ['rows', 'length'] } },
    });
    await expect(pass.run({ ids: given(2, 3)['ids'] as HostTensor })).rejects.toMatchObject({
      code: 'TRACE_NOT_SYMBOLIC',
    });
  });
});
