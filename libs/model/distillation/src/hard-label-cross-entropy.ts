import { assertShapes } from '@retort/foundation/shapes';
import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy } from './cross-entropy.ts';

export interface HardLabelCrossEntropyInput {
  /** float32 [batch, classes] */
  readonly logits: tf.Tensor2D;
  /** int32 [batch], each in [0, classes). A row with a label outside must have weight 0. */
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
  return crossEntropy({ logits, targets: oneHot(labels, classes), rowWeights });
}

/** float32 [batch, classes]. By comparison, since engines differ on what tf.oneHot makes of labels outside, such as -100. */
function oneHot(labels: tf.Tensor1D, classes: number): tf.Tensor2D {
  const ids = tf.tensor2d(
    Int32Array.from({ length: classes }, (_, id) => id),
    [1, classes],
    'int32',
  );
  return tf.cast(tf.equal(tf.reshape(labels, [-1, 1]), ids), 'float32');
}
