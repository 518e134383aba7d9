import { createEngine, type ForwardProgram } from '@retort/engine';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { normal, operatorsOf, relativeDifference } from './support/index.ts';

const parameters = [
  { name: 'bias', ...normal([6], 1) },
  { name: 'scale', ...normal([6], 2) },
];
const inputs = { x: normal([5, 6], 3) };

/** As `gelu` of @retort/families spells it. */
function gelu(x: tf.Tensor, { half = 0.5, one = 1 } = {}): { value: tf.Tensor; cumulative: tf.Tensor } {
  const cumulative = tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), one), half);
  return { value: tf.mul(x, cumulative), cumulative };
}

/** As `layerNorm` of @retort/families spells it. */
function layerNorm(
  x: tf.Tensor,
  scale: tf.Tensor,
  shift: tf.Tensor,
  axis = -1,
): { value: tf.Tensor; centred: tf.Tensor } {
  const centred = tf.sub(x, tf.mean(x, axis, true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), axis, true), 1e-6));
  return { value: tf.add(tf.mul(tf.mul(centred, inverse), scale), shift), centred };
}

const CASES: Record<string, { program: ForwardProgram; operators: string[] }> = {
  'GELU of an input': {
    program: (_, { x }) => ({ y: gelu(x as tf.Tensor).value }),
    operators: ['Gelu'],
  },
  'GELU of something with a bias': {
    program: ({ bias }, { x }) => ({ y: gelu(tf.add(tf.neg(x as tf.Tensor), bias as tf.Tensor)).value }),
    operators: ['Neg', 'BiasGelu'],
  },
  'GELU of something with a bias that is wanted, too': {
    program: ({ bias }, { x }) => {
      const sum = tf.add(x as tf.Tensor, bias as tf.Tensor);
      return { sum, y: gelu(sum).value };
    },
    operators: ['Add', 'Gelu'],
  },
  'GELU whose inner value is wanted, too': {
    program: (_, { x }) => ({ ...gelu(x as tf.Tensor) }),
    operators: ['Mul', 'Erf', 'Add', 'Mul', 'Mul'],
  },
  'something like GELU with other constants': {
    program: (_, { x }) => ({ y: gelu(x as tf.Tensor, { half: 0.25, one: 3 }).value }),
    operators: ['Mul', 'Erf', 'Add', 'Mul', 'Mul'],
  },
  'layer normalization': {
    program: ({ scale, bias }, { x }) => ({
      y: layerNorm(x as tf.Tensor, scale as tf.Tensor, bias as tf.Tensor).value,
    }),
    operators: ['LayerNormalization'],
  },
  'layer normalization whose inner value is wanted, too': {
    program: ({ scale, bias }, { x }) => ({ ...layerNorm(x as tf.Tensor, scale as tf.Tensor, bias as tf.Tensor) }),
    operators: ['LayerNormalization', 'Sub'],
  },
  'something like layer normalization over another axis': {
    program: ({ scale, bias }, { x }) => {
      const cube = tf.reshape(x as tf.Tensor, [5, 1, 6]);
      return { y: layerNorm(cube, scale as tf.Tensor, bias as tf.Tensor, 0).value };
    },
    operators: ['Reshape', 'ReduceMean', 'Sub', 'Mul', 'ReduceMean', 'Add', 'Sqrt', 'Div', 'Mul', 'Mul', 'Add'],
  },
  'a value that is an output twice, and an input that is one': {
    program: (_, { x }) => {
      const negative = tf.neg(x as tf.Tensor);
      return { negative, same: tf.clone(negative), x: tf.clone(x as tf.Tensor) };
    },
    operators: ['Neg', 'Identity'],
  },
};

it.each(Object.entries(CASES))('%s becomes the operators it should, with the results of cpu', async (_, each) => {
  const { program, operators } = each;
  const [cpu, onnx] = await Promise.all([createEngine('cpu'), createEngine('onnx')]);
  expect(await operatorsOf(program, parameters, inputs)).toEqual(operators);
  const [expected, got] = await Promise.all(
    [cpu, onnx].map((engine) => engine.forward(program, parameters).run(inputs)),
  );
  for (const [name, { data, shape }] of Object.entries(expected ?? {})) {
    expect(got?.[name]?.shape).toEqual(shape);
    expect(relativeDifference(got?.[name]?.data ?? [], data), name).toBeLessThan(1e-6);
  }
});
