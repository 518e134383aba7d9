import { createEngine, type ForwardProgram, type HostTensor } from '@retort/engine';
import { exportForward, type OnnxGraph, quantizeDynamically, writeOnnxModel } from '@retort/engine/export';
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { type Floats, normal, relativeDifference } from './support/arrays.ts';

const TOLERANCE = 1e-5;
const WORDS = 520;
const WIDTH = 8;

const parameter = (name: string, shape: number[], seed: number) => {
  const { data } = normal(shape, seed) as Floats;
  return { name, shape, values: data as Float32Array };
};
const PARAMETERS = [
  parameter('table', [WORDS, WIDTH], 1),
  parameter('positions', [12, WIDTH], 2),
  parameter('query', [WIDTH, WIDTH], 3),
  parameter('key', [WIDTH, WIDTH], 4),
  parameter('out', [WIDTH, 6], 5),
];

/** Attention of two heads over looked-up rows: every way in which a size can get into a graph. */
const program: ForwardProgram = (parameters, inputs) => {
  const { table, positions, query, key, out } = parameters as Record<string, tf.Tensor2D>;
  const { ids, mask } = inputs as Record<string, tf.Tensor2D>;
  const [batch, length] = ids!.shape as [number, number];
  const places = tf.slice(positions!, [0, 0], [length, WIDTH]);
  const rows = tf.reshape(tf.add(tf.gather(table!, ids as never), places), [batch * length, WIDTH]) as tf.Tensor2D;
  const heads = (x: tf.Tensor) => tf.transpose(tf.reshape(x, [batch, length, 2, WIDTH / 2]), [0, 2, 1, 3]);
  const bias = tf.reshape(tf.mul(tf.sub(tf.cast(mask!, 'float32'), 1), 10_000), [batch, 1, 1, length]);
  const scores = tf.matMul(heads(tf.matMul(rows, query!, false, true)), heads(tf.matMul(rows, key!)), false, true);
  const mixed = tf.matMul(tf.softmax(tf.add(scores, bias)), heads(rows));
  const merged = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch * length, WIDTH]) as tf.Tensor2D;
  return { scores, last: tf.reshape(tf.matMul(merged, out!), [batch, length, 6]) };
};

const exported = (probes: Record<string, [number, number]> = { batch: [2, 3], sequence: [5, 7] }) =>
  exportForward({
    program,
    parameters: PARAMETERS,
    freeAxes: { inputs: { ids: ['batch', 'sequence'], mask: ['batch', 'sequence'] }, probes },
    names: { ids: 'input_ids', mask: 'attention_mask' },
  });

const whole = (shape: number[], at: (i: number) => number): HostTensor => ({
  shape,
  data: Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => at(i)),
});

async function outputsOf(graph: OnnxGraph, inputs: Record<string, HostTensor>) {
  const session = await ort.InferenceSession.create(writeOnnxModel(graph), { executionProviders: ['cpu'] });
  const feeds = Object.entries(inputs).map(([name, { data, shape }]) => [
    name,
    new ort.Tensor('int64', BigInt64Array.from(data, BigInt), [...shape]),
  ]);
  return session.run(Object.fromEntries(feeds));
}

describe('an exported forward pass', () => {
  it.each([
    [1, 1],
    [1, 12],
    [4, 3],
    [5, 5],
    [2, 8],
  ])('of %i rows of %i gives what the engine gives', async (batch, length) => {
    const ids = whole([batch, length], (i) => (i * 37) % WORDS);
    const mask = whole([batch, length], (i) => (i % length === 0 || i % 3 > 0 ? 1 : 0));
    const expected = await (await createEngine('cpu')).forward(program, PARAMETERS).run({ ids, mask });
    const got = await outputsOf(await exported(), { input_ids: ids, attention_mask: mask });
    for (const name of ['scores', 'last']) {
      expect(got[name]?.dims).toEqual(expected[name]?.shape);
      expect(relativeDifference(got[name]?.data as Float32Array, expected[name]?.data as Float32Array)).toBeLessThan(
        TOLERANCE,
      );
    }
  });

  it('says which sizes are free, and uses no operator of one runtime alone', async () => {
    const graph = await exported();
    expect(graph.inputs).toEqual([
      { name: 'input_ids', type: 'int64', shape: ['batch', 'sequence'] },
      { name: 'attention_mask', type: 'int64', shape: ['batch', 'sequence'] },
    ]);
    expect(graph.outputs.map(({ shape }) => shape)).toEqual([
      ['batch', 2, 'sequence', 'sequence'],
      ['batch', 'sequence', 6],
    ]);
    expect(new Set(graph.nodes.map(({ domain }) => domain))).toEqual(new Set(['']));
    expect(graph.nodes.filter(({ type }) => type === 'Transpose').length).toBeGreaterThan(4);
  });

  it('is the same bytes every time, whatever it was recorded at', async () => {
    const bytes = Buffer.from(writeOnnxModel(await exported()));
    expect(bytes.equals(writeOnnxModel(await exported({ batch: [4, 9], sequence: [3, 11] })))).toBe(true);
  });

  it('is refused when the program does something else at another size', async () => {
    await expect(exported({ batch: [2, 3], sequence: [5, 12] })).rejects.toMatchObject({ code: 'TRACE_NOT_SYMBOLIC' });
  });
});

describe('a quantized graph', () => {
  it('has int8 weights, and answers nearly the same', async () => {
    const graph = await exported();
    const small = quantizeDynamically(graph);
    const inputs = {
      input_ids: whole([3, 9], (i) => (i * 91) % WORDS),
      attention_mask: whole([3, 9], (i) => (i % 9 < 7 ? 1 : 0)),
    };
    const [expected, got] = [await outputsOf(graph, inputs), await outputsOf(small, inputs)];
    const difference = relativeDifference(got['last']?.data as Float32Array, expected['last']?.data as Float32Array);
    // Scores of random weights are far apart, and softmax makes more of a small difference.
    expect(difference).toBeLessThan(0.1);
    expect(difference).toBeGreaterThan(1e-6);
    const types = (types: string) => [...small.constants.values()].filter(({ type }) => type === types);
    expect(types('int8').map(({ shape }) => shape)).toContainEqual([WORDS, WIDTH]);
    expect(small.nodes.filter(({ type }) => type === 'MatMulInteger')).toHaveLength(3);
    // Both products of the same rows quantize them once.
    expect(small.nodes.filter(({ type }) => type === 'DynamicQuantizeLinear')).toHaveLength(2);
    // A quarter, and at this size as much again for scales and nodes.
    expect(writeOnnxModel(small).length).toBeLessThan(0.55 * writeOnnxModel(graph).length);
  });

  it('keeps an output of zeros, and a column that is all zeros', async () => {
    const graph = await exported();
    const zeros = new Map([...graph.constants].map(([name, constant]) => [name, { ...constant }]));
    zeros.set('query', { type: 'float32', shape: [WIDTH, WIDTH], bytes: new Uint8Array(4 * WIDTH * WIDTH) });
    const inputs = { input_ids: whole([1, 2], () => 3), attention_mask: whole([1, 2], () => 1) };
    const { scores } = await outputsOf(quantizeDynamically({ ...graph, constants: zeros }), inputs);
    expect([...(scores!.data as Float32Array)].every((value) => value === 0)).toBe(true);
  });
});
