import * as tf from '@tensorflow/tfjs-core';
import { inverseCount } from './weighted-mean.ts';

export interface MeanSquaredErrorInput {
  readonly student: tf.Tensor;
  /** Same shape. A constant: no gradient flows into it. */
  readonly teacher: tf.Tensor;
  /** float32 of the same rank, sizes equal or 1: how much each element counts. All count alike without it. */
  readonly weights?: tf.Tensor | undefined;
}

/**
 * Weighted mean of (student - teacher)², the one formula behind every squared-error loss here.
 *
 * The gradient is written out, since the derived one costs five passes over attention scores instead of one. The sum
 * is taken in two stages: a naive float32 sum over a million elements is off by 3e-4. Weights that are the same along the last
 * axis are applied between the two, to a small tensor.
 */
export function meanSquaredError({ student, teacher, weights }: MeanSquaredErrorInput): tf.Scalar {
  const error = tf.customGrad((input, save) => {
    const difference = tf.sub(input as tf.Tensor, teacher);
    const scale = inverseCount(student.size, weights);
    (save as tf.GradSaveFunc)([difference, weights === undefined ? scale : tf.mul(weights, scale)]);
    const value = tf.mul(weightedSum(tf.mul(difference, difference), weights), scale);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [difference, shares] = saved as [tf.Tensor, tf.Tensor];
      return tf.mul(difference, tf.mul(shares, tf.mul(dy, 2)));
    };
    return { value, gradFunc };
  });
  return error(student) as tf.Scalar;
}

function weightedSum(values: tf.Tensor, weights: tf.Tensor | undefined): tf.Tensor {
  if (weights === undefined) return tf.sum(tf.sum(values, -1));
  if (weights.shape.at(-1) === 1) return tf.sum(tf.mul(tf.sum(values, -1, true), weights));
  return tf.sum(tf.sum(tf.mul(values, weights), -1));
}
