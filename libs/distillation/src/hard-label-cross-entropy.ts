import { assertShapes } from '@retort/shapes';
import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy } from './cross-entropy.ts';

export interface HardLabelCrossEntropyInput {
  /** float32 [batch, classes] */
  readonly logits: tf.Tensor2D;
  /** int32 [batch], each in [0, classes), also in rows of weight 0: engines disagree on what lies outside. */
  readonly labels: tf.Tensor1D;
  /** float32 [batch], 0 for rows that only fill up the batch or have no label */
  readonly rowWeights?: tf.Tensor1D | undefined;
}

/**
 * Cross-entropy of logits against gold classes, mean over rows, in nats. Fits masked-LM logits [positions, vocabulary]
 * as well, with weight 0 for positions that are not predicted.
 *
 * @throws ShapeError where batch sizes differ
 */
export function hardLabelCrossEntropy({ logits, labels, rowWeights }: HardLabelCrossEntropyInput): tf.Scalar {
  const { classes } = assertShapes('hardLabelCrossEntropy', {
    logits: [logits, ['batch', 'classes']],
    labels: [labels, ['batch']],
    rowWeights: [rowWeights, ['batch']],
  }) as { classes: number };
  const targets = tf.cast(tf.oneHot(labels, classes), 'float32') as tf.Tensor2D;
  return crossEntropy({ logits, targets, rowWeights });
}
