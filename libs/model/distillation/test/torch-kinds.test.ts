import { attentionDivergence, hiddenCosineLoss, type Padding } from '@retort/distillation';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import golden from './fixtures/torch-kinds.json';
import { valueOf } from './support/oracle.ts';

/** float32 on both sides, relative to the largest element; the fixture has six decimals. */
const TOLERANCE = 2e-6;

const keyMask = tf.tensor2d(golden.keyMask, undefined, 'int32');

function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, name: string): void {
  const scale = Math.max(...Array.from(expected, Math.abs));
  expect(scale, `${name} is 0 everywhere`).toBeGreaterThan(0);
  for (const [i, value] of Array.from(expected).entries())
    expect(Math.abs((got[i] as number) - value), `${name}[${i}]: ${got[i]}, expected ${value}`).toBeLessThanOrEqual(
      TOLERANCE * Math.max(1, scale),
    );
}

function expectLossAndGradients(
  loss: (...values: tf.Tensor[]) => tf.Scalar,
  values: Readonly<Record<string, tf.Tensor>>,
  expected: { readonly loss: number; readonly gradients: Readonly<Record<string, unknown>> },
): void {
  expectClose([valueOf(loss(...Object.values(values)))], [expected.loss], 'loss');
  const gradients = tf.grads(loss)(Object.values(values));
  for (const [i, name] of Object.keys(values).entries()) {
    const theirs = tf.tensor(expected.gradients[name] as number[]).dataSync();
    expectClose((gradients[i] as tf.Tensor).dataSync(), theirs, name);
  }
}

describe.each(golden.attention)('the divergence of attention that PyTorch has, $padding', (expected) => {
  it('is ours, with its gradient', () => {
    const [student, teacher] = [tf.tensor4d(golden.scores.student), tf.tensor4d(golden.scores.teacher)];
    const padding = expected.padding as Padding;
    const loss = (scores: tf.Tensor) =>
      attentionDivergence({ student: scores as tf.Tensor4D, teacher, keyMask, padding });
    expectLossAndGradients(loss as (...values: tf.Tensor[]) => tf.Scalar, { student }, expected);
  });
});

describe.each(golden.cosine)('the cosine loss of hidden states that PyTorch has, $padding', (expected) => {
  it('is ours, with the gradients of student and projection', () => {
    const teacher = tf.tensor3d(golden.hidden.teacher);
    const padding = expected.padding as Padding;
    const values = {
      student: tf.tensor3d(golden.hidden.student),
      weight: tf.tensor2d(golden.projection.weight),
      bias: tf.tensor1d(golden.projection.bias),
    };
    const loss = (...[student, weight, bias]: tf.Tensor[]) =>
      hiddenCosineLoss({
        student: student as tf.Tensor3D,
        teacher,
        projection: { weight: weight as tf.Tensor2D, bias: bias as tf.Tensor1D },
        keyMask,
        padding,
      });
    expectLossAndGradients(loss, values, expected);
  });
});
