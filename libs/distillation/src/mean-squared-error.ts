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
 * is taken in two stages: a naive float32 sum over a million elements is off by 3e-4.
 */
export function meanSquaredError({ student, teacher, weights }: MeanSquaredErrorInput): tf.Scalar {
  const error = tf.customGrad((input, save) => {
    const difference = tf.sub(input as tf.Tensor, teacher);
    const weighted = weights === undefined ? difference : tf.mul(difference, weights);
    const scale = inverseCount(student.size, weights);
    (save as tf.GradSaveFunc)([weighted, scale]);
    const value = tf.mul(tf.sum(tf.sum(tf.mul(difference, weighted), -1)), scale);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [weightedDifference, scale] = saved as [tf.Tensor, tf.Tensor];
      return tf.mul(weightedDifference, tf.mul(tf.mul(dy, 2), scale));
    };
    return { value, gradFunc };
  });
  return error(student) as tf.Scalar;
}
