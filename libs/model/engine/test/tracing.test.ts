import { createEngine, type Engine, ParameterSet, type TrainingProgram } from '@retort/engine';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { normal, relativeDifference } from './support/arrays.ts';
import { OPERATIONS, type OperationCase } from './support/operations.ts';

/** Of the largest magnitude of a tensor. Both engines compute in float32 but add in different orders. */
const TOLERANCE = 1e-5;
const TRACE_BACKEND = 'retort-trace';

const engines = Promise.all([createEngine('cpu'), createEngine('onnx', { threads: 1 })]);

/** That results are right is what `tools/conformance` sees to; here, that its table has every operation. */
it('every operation that can be traced is among the cases that engines are held to', async () => {
  const [, onnx] = await engines;
  await onnx.forward(({ a }) => ({ a: tf.neg(a as tf.Tensor) }), [{ name: 'a', ...normal([1]) }]).run({});
  const traced = new Set<string>();
  for (const kernel of tf.getKernelsForBackend(TRACE_BACKEND)) {
    const { kernelName, kernelFunc } = kernel;
    kernel.kernelFunc = (call) => {
      traced.add(kernelName);
      return kernelFunc(call);
    };
  }
  for (const operation of OPERATIONS) await takeGradients(onnx, operation);
  const known = tf.getKernelsForBackend(TRACE_BACKEND).map(({ kernelName }) => kernelName);
  expect(known.length).toBeGreaterThan(40);
  expect(known.filter((name) => !traced.has(name))).toEqual([]);
});

describe('onnx agrees with cpu on the result of', () => {
  it.each([
    ['a matrix times a batch of matrices', [3, 4], [2, 4, 2], false],
    ['a batch of matrices times a matrix', [2, 3, 4], [4, 2], false],
    ['a matrix times a batch of transposed matrices', [3, 4], [2, 2, 4], true],
    ['one matrix times each of a batch', [1, 3, 4], [3, 4, 2], false],
  ] as const)('%s', async (_, left, right, transposeB) => {
    const operation: OperationCase = {
      name: 'matMul',
      parameters: { a: normal(left, 1), b: normal(right, 2) },
      compute: ({ a, b }) => tf.matMul(a as tf.Tensor, b as tf.Tensor, false, transposeB),
    };
    const [expected, got] = await Promise.all((await engines).map((engine) => outputOf(engine, operation)));
    expect(got?.shape).toEqual(expected?.shape);
    expect(relativeDifference(got?.data as Float32Array, expected?.data as Float32Array)).toBeLessThan(TOLERANCE);
  });
});

describe('a program that cannot be traced is refused', () => {
  it('when it gathers within batches', async () => {
    const [, onnx] = await engines;
    const pass = onnx.forward(
      ({ a }, { ids }) => ({ y: tf.gather(a as tf.Tensor, ids as tf.Tensor2D, 1, 1) }),
      [{ name: 'a', ...normal([2, 5]) }],
    );
    await expect(pass.run({ ids: { data: Int32Array.from([0, 1, 2, 3]), shape: [2, 2] } })).rejects.toMatchObject({
      code: 'TRACE_UNSUPPORTED',
    });
  });

  it('when it uses an operation outside of the list', async () => {
    const [, onnx] = await engines;
    const pass = onnx.forward(({ a }) => ({ y: tf.cumsum(a as tf.Tensor) }), [{ name: 'a', ...normal([3]) }]);
    await expect(pass.run({})).rejects.toThrow("Kernel 'Cumsum' not registered");
  });

  it('when it uses a tensor that was made outside', async () => {
    const [, onnx] = await engines;
    await tf.setBackend('cpu');
    const outside = tf.tensor1d([1, 2, 3]);
    const pass = onnx.forward(({ a }) => ({ y: tf.add(a as tf.Tensor, outside) }), [{ name: 'a', ...normal([3]) }]);
    await expect(pass.run({})).rejects.toMatchObject({ code: 'TRACE_FOREIGN_TENSOR' });
  });
});

async function outputOf(engine: Engine, { parameters, inputs = {}, compute }: OperationCase) {
  const pass = engine.forward(
    (p, x) => ({ y: compute(p, x) }),
    Object.entries(parameters).map(([name, array]) => ({ name, ...array })),
  );
  const { y } = await pass.run(inputs);
  await pass.dispose();
  return y as NonNullable<typeof y>;
}

async function takeGradients(engine: Engine, { parameters, inputs = {}, compute }: OperationCase): Promise<void> {
  const program: TrainingProgram = (p, x) => {
    const result = compute(p, x);
    return { loss: tf.add(tf.sum(tf.square(result)), tf.mean(result)), terms: {} };
  };
  const trainer = engine.trainer(program, new ParameterSet(new Map(Object.entries(parameters))));
  await trainer.step(inputs, { dropoutKey: 0 });
  await trainer.dispose();
}
