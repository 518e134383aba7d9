import { createEngine, type Engine, ParameterSet, type TrainingProgram } from '@retort/engine';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { normal, relativeDifference } from './support/arrays.ts';
import { OPERATIONS, type OperationCase } from './support/operations.ts';

/** Of the largest magnitude of a tensor. Both engines compute in float32 but add in different orders, and tfjs approximates erf to 1.5e-7. */
const TOLERANCE = 1e-5;
const TRACE_BACKEND = 'retort-trace';

/** Gradients that reach the operation: all different, and all alike, which the tracer treats as a constant. */
const LOSSES = {
  'different gradients': (result: tf.Tensor, weights: tf.Tensor) => tf.sum(tf.mul(result, weights)),
  'equal gradients': (result: tf.Tensor) => tf.mean(result),
} as const;

const engines = Promise.all([createEngine('cpu'), createEngine('onnx', { threads: 1 })]);
const traced = new Set<string>();

beforeAll(async () => {
  const [, onnx] = await engines;
  await onnx.forward(({ a }) => ({ a: tf.neg(a as tf.Tensor) }), [{ name: 'a', ...normal([1]) }]).run({});
  for (const kernel of tf.getKernelsForBackend(TRACE_BACKEND)) {
    const { kernelName, kernelFunc } = kernel;
    kernel.kernelFunc = (call) => {
      traced.add(kernelName);
      return kernelFunc(call);
    };
  }
});

describe('onnx agrees with cpu on the result and the gradients of', () => {
  it.each(OPERATIONS)('$name', async (operation) => {
    const [cpu, onnx] = await engines;
    const expected = await outputOf(cpu, operation);
    const got = await outputOf(onnx, operation);
    expect(got.shape).toEqual(expected.shape);
    expect(relativeDifference(got.data, expected.data)).toBeLessThan(TOLERANCE);
    for (const [title, lossOf] of Object.entries(LOSSES)) {
      const weights = normal(expected.shape, 3);
      const [oracle, result] = [
        await stepOf(cpu, operation, lossOf, weights),
        await stepOf(onnx, operation, lossOf, weights),
      ];
      expect([...result.reached].sort(), title).toEqual([...oracle.reached].sort());
      expect(relativeDifference([result.loss], [oracle.loss]), title).toBeLessThan(TOLERANCE);
      for (const [name, gradient] of oracle.gradients)
        expect(
          relativeDifference(result.gradients.get(name) as Float32Array, gradient),
          `${title}: ${name}`,
        ).toBeLessThan(TOLERANCE);
    }
  });

  it('every operation that can be traced', () => {
    const known = tf.getKernelsForBackend(TRACE_BACKEND).map(({ kernelName }) => kernelName);
    expect(known.length).toBeGreaterThan(40);
    expect(known.filter((name) => !traced.has(name))).toEqual([]);
  });
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

async function stepOf(
  engine: Engine,
  { parameters, inputs = {}, compute }: OperationCase,
  lossOf: (result: tf.Tensor, weights: tf.Tensor) => tf.Tensor,
  weights: ReturnType<typeof normal>,
) {
  const set = new ParameterSet(new Map(Object.entries(parameters)));
  const program: TrainingProgram = (p, x) => ({
    loss: lossOf(compute(p, x), x['lossWeights'] as tf.Tensor),
    terms: {},
  });
  const trainer = engine.trainer(program, set);
  const { loss } = await trainer.step({ ...inputs, lossWeights: weights }, { dropoutKey: 0 });
  const { reached } = trainer;
  await trainer.dispose();
  return { loss, reached, gradients: new Map([...set.byName].map(([name, { gradient }]) => [name, gradient])) };
}
