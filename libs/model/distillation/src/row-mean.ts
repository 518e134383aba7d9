import * as tf from '@tensorflow/tfjs-core';

/**
 * `batchMean`: sum over classes, mean over rows, the textbook form. `elementMean`: mean over rows and classes, as the
 * reference code takes it; smaller by the number of classes.
 */
export type Reduction = 'batchMean' | 'elementMean';

/** Mean over rows of a [batch, 1] tensor of values per row; rows count by `rowWeights` [batch], alike without it. */
export function rowMean(rowValues: tf.Tensor2D, rowWeights: tf.Tensor1D | undefined): tf.Scalar {
  if (rowWeights === undefined) return tf.mul(tf.sum(rowValues), tf.scalar(1 / rowValues.shape[0]));
  const weights = tf.reshape(rowWeights, [-1, 1]);
  return tf.div(tf.sum(tf.mul(rowValues, weights)), tf.sum(weights));
}
