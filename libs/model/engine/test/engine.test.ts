import { createEngine, ParameterSet, type TrainedParameter, type TrainingProgram } from '@retort/engine';
import { RandomStream } from '@retort/foundation/random';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';

const random = new RandomStream(7);
const normal = (...shape: number[]) => {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < values.length; i++) values[i] = random.truncatedNormal();
  return { shape, values, data: values };
};

/** A little of everything that the models use: gather, products with every transposition, broadcasts, softmax, dropout. */
const program: TrainingProgram = (parameters, inputs, context) => {
  const p = (name: string) => parameters[name] as tf.Tensor;
  const x = tf.gather(p('table'), inputs['ids'] as tf.Tensor2D);
  const [batch, length, size] = x.shape as [number, number, number];
  const flat = tf.reshape(context.dropout(x, 0.25), [batch * length, size]);
  const y = tf.add(tf.matMul(flat as tf.Tensor2D, p('weight') as tf.Tensor2D, false, true), p('bias'));
  const heads = tf.transpose(tf.reshape(y, [batch, length, 2, size / 2]), [0, 2, 1, 3]);
  const scores = tf.add(tf.matMul(heads, heads, false, true), inputs['bias4'] as tf.Tensor);
  const mixed = tf.matMul(tf.softmax(scores), heads);
  const mean = tf.mean(mixed, -1, true);
  const centred = tf.sub(mixed, mean);
  const scaled = tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), 1e-6)));
  const first = tf.slice(scaled, [0, 0, 0, 0], [-1, -1, 1, -1]);
  const logits = tf.reshape(first, [batch, size]);
  const loss = tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), inputs['target'] as tf.Tensor), -1)));
  const square = tf.mean(tf.square(tf.tanh(tf.erf(scaled))));
  return { loss: tf.add(loss, square), terms: { loss, square } };
};

const initial = new Map([
  ['table', normal(11, 8)],
  ['weight', normal(8, 8)],
  ['bias', normal(8)],
  ['unused', normal(3)],
]);
const inputs = {
  ids: { data: Int32Array.from([1, 2, 3, 1, 10, 0, 0, 5, 5, 5]), shape: [2, 5] },
  bias4: { data: Float32Array.from([0, 0, 0, -1e4, 0, 0, 0, 0, 0, -1e4]), shape: [2, 1, 1, 5] },
  target: normal(2, 8),
};

describe('engines', () => {
  it('give the same loss and the same gradients under the same dropout key', async () => {
    const results = await Promise.all((['cpu', 'onnx'] as const).map((name) => run(name)));
    const [cpu, onnx] = results as [Awaited<ReturnType<typeof run>>, Awaited<ReturnType<typeof run>>];
    expect(onnx.loss).toBeCloseTo(cpu.loss, 5);
    expect(onnx.terms['square']).toBeCloseTo(cpu.terms['square'] as number, 5);
    expect([...onnx.reached].sort()).toEqual(['bias', 'table', 'weight']);
    for (const [name, { gradient }] of cpu.parameters.byName) {
      const other = onnx.parameters.byName.get(name)?.gradient as Float32Array;
      const scale = Math.max(...gradient.map(Math.abs), 1e-6);
      expect(
        Math.max(...gradient.map((value, i) => Math.abs(value - (other[i] as number)))) / scale,
        name,
      ).toBeLessThan(1e-5);
    }
  });

  it('add to the gradients when asked to accumulate', async () => {
    for (const name of ['cpu', 'onnx'] as const) {
      const once = await run(name);
      const twice = await run(name, 2);
      const [a, b] = [once, twice].map(
        ({ parameters }) => parameters.byName.get('table')?.gradient as Float32Array,
      ) as [Float32Array, Float32Array];
      expect(Math.max(...a.map((value, i) => Math.abs(2 * value - (b[i] as number))))).toBeLessThan(1e-5);
    }
  });

  it('leave nothing of an earlier batch in a gradient that comes as rows, and say which rows it has', async () => {
    const parameters = new ParameterSet(initial);
    const trainer = (await createEngine('onnx')).trainer(program, parameters);
    const table = parameters.byName.get('table') as TrainedParameter;
    const other = { ...inputs, ids: { data: Int32Array.from([9, 9, 4, 4, 4, 9, 2, 2, 2, 2]), shape: [2, 5] } };
    await trainer.step(other, { dropoutKey: 99 });
    expect(table.gradientRows).toEqual(Int32Array.of(2, 4, 9));
    await trainer.step(inputs, { dropoutKey: 99 });
    expect(table.gradientRows).toEqual(Int32Array.of(0, 1, 2, 3, 5, 10));
    const alone = (await run('onnx')).parameters.byName.get('table')?.gradient;
    expect(table.gradient).toEqual(alone);
    await trainer.step(other, { dropoutKey: 99, accumulate: true });
    expect(table.gradientRows).toEqual(Int32Array.of(0, 1, 2, 3, 4, 5, 9, 10));
    expect(table.gradient.subarray(8 * 10)).toEqual(alone?.subarray(8 * 10));
    expect(table.gradient.subarray(8 * 4, 8 * 5).some((value) => value !== 0)).toBe(true);
    expect(parameters.byName.get('weight')?.gradientRows).toBeUndefined();
    await trainer.dispose();
  });

  it('refuse a program that reads values while it is traced', async () => {
    const engine = await createEngine('onnx');
    const reading: TrainingProgram = (parameters) => ({
      loss: tf.scalar((parameters['bias'] as tf.Tensor).dataSync()[0] as number),
      terms: {},
    });
    await expect(engine.trainer(reading, new ParameterSet(initial)).step(inputs, { dropoutKey: 1 })).rejects.toThrow(
      'read the values of a tensor',
    );
  });

  it('give the same outputs of a forward pass, twice', async () => {
    const outputs = await Promise.all(
      (['cpu', 'onnx', 'onnx'] as const).map(async (name) => {
        const engine = await createEngine(name);
        const pass = engine.forward(
          (p, x) => ({
            y: tf.matMul(
              tf.reshape(tf.gather(p['table'] as tf.Tensor, x['ids'] as tf.Tensor2D), [10, 8]) as tf.Tensor2D,
              p['weight'] as tf.Tensor2D,
            ),
          }),
          new ParameterSet(initial).byName.values(),
        );
        return (await pass.run({ ids: inputs.ids }))['y']?.data as Float32Array;
      }),
    );
    expect(outputs[1]).toEqual(outputs[2]);
    expect(
      Math.max(
        ...(outputs[0] as Float32Array).map((v, i) => Math.abs(v - ((outputs[1] as Float32Array)[i] as number))),
      ),
    ).toBeLessThan(1e-5);
  });
});

async function run(name: 'cpu' | 'onnx', steps = 1) {
  const parameters = new ParameterSet(initial);
  const trainer = (await createEngine(name)).trainer(program, parameters);
  let result = await trainer.step(inputs, { dropoutKey: 99 });
  for (let i = 1; i < steps; i++) result = await trainer.step(inputs, { dropoutKey: 99, accumulate: true });
  const { reached } = trainer;
  await trainer.dispose();
  return { ...result, parameters, reached };
}
