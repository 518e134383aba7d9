import { createEngine, ParameterSet, type TrainingProgram } from '@retort/engine';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { normal } from './support/arrays.ts';
import { ENGINES_HERE } from './support/engines.ts';

const STEPS = 200;
const WARM_UP = 20;
/**
 * The gradients alone are 1 MB a step, so that keeping one thing of each step is 200 MB; allocators and the collector
 * may hold on to a part of that.
 */
const RESIDENT_BYTES_ALLOWED = 80e6;

const program: TrainingProgram = ({ weight }, { x }, context) => {
  const y = context.dropout(tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D), 0.1);
  return { loss: tf.mean(tf.square(tf.tanh(y))), terms: {} };
};

it.each(ENGINES_HERE)(`${STEPS} steps and passes leave memory as it was, on %s`, async (name) => {
  const weight = normal([64, 4096], 1);
  const inputs = { x: normal([2, 64], 2) };
  const engine = await createEngine(name, { threads: 1 });
  const trainer = engine.trainer(program, new ParameterSet(new Map([['weight', weight]])));
  const pass = engine.forward(
    ({ weight }, { x }) => ({ y: tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D) }),
    [{ name: 'weight', ...weight }],
  );
  const repeat = async (times: number) => {
    for (let i = 0; i < times; i++) {
      await trainer.step(inputs, { dropoutKey: i, accumulate: i % 2 === 1 });
      await pass.run(inputs);
    }
  };
  await repeat(WARM_UP);
  const { numTensors } = tf.memory();
  const resident = process.memoryUsage.rss();
  await repeat(STEPS);
  expect(tf.memory().numTensors).toBe(numTensors);
  expect(process.memoryUsage.rss() - resident).toBeLessThan(RESIDENT_BYTES_ALLOWED);
  await trainer.dispose();
  await pass.dispose();
});

it('compiling more shapes leaves no tensors', async () => {
  const engine = await createEngine('onnx', { threads: 1 });
  const trainer = engine.trainer(program, new ParameterSet(new Map([['weight', normal([8, 8], 1)]])));
  const pass = engine.forward(
    ({ weight }, { x }) => ({ y: tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D) }),
    [{ name: 'weight', ...normal([8, 8], 1) }],
  );
  const { numTensors } = tf.memory();
  for (let rows = 1; rows <= 5; rows++) {
    await trainer.step({ x: normal([rows, 8], 2) }, { dropoutKey: 1 });
    await pass.run({ x: normal([rows, 8], 2) });
  }
  expect(tf.memory().numTensors).toBe(numTensors);
  await trainer.dispose();
  await pass.dispose();
});
