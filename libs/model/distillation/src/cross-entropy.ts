import * as tf from '@tensorflow/tfjs-core';
import { rowMean } from './row-mean.ts';

export interface CrossEntropyInput {
  /** float32 [rows, classes], unnormalised */
  readonly logits: tf.Tensor2D;
  /** float32 [rows, classes], each row sums to 1. A constant: no gradient flows into it. */
  readonly targets: tf.Tensor2D;
  /** float32 [rows] */
  readonly rowWeights: tf.Tensor1D | undefined;
}

/**
 * -Σ targets · log softmax(logits), summed over classes, mean over rows; in nats. Hard and soft labels share it.
 *
 * The gradient (softmax(logits) - targets) is written out: over a vocabulary the derived one costs twice the passes.
 */
export function crossEntropy({ logits, targets, rowWeights }: CrossEntropyInput): tf.Scalar {
  const loss = tf.customGrad((input, save) => {
    const logProbabilities = tf.logSoftmax(input as tf.Tensor2D);
    const rowLosses = tf.neg(tf.sum(tf.mul(targets, logProbabilities), 1, true)) as tf.Tensor2D;
    (save as tf.GradSaveFunc)([tf.sub(tf.exp(logProbabilities), targets), rowShares(logits.shape[0], rowWeights)]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [excess, shares] = saved as [tf.Tensor, tf.Tensor];
      return tf.mul(excess, tf.mul(dy, shares));
    };
    return { value: rowMean(rowLosses, rowWeights), gradFunc };
  });
  return loss(logits) as tf.Scalar;
}

/** What one row contributes to the mean: a scalar, or [rows, 1] where rows count by weight. */
function rowShares(rows: number, rowWeights: tf.Tensor1D | undefined): tf.Tensor {
  if (rowWeights === undefined) return tf.scalar(1 / rows);
  return tf.reshape(tf.div(rowWeights, tf.sum(rowWeights)), [-1, 1]);
}
