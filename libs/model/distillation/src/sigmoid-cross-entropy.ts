import { assertShapes } from '@retort/foundation/shapes';
import * as tf from '@tensorflow/tfjs-core';
import { dividedLogits, type LogitsLossInput, reducedLoss } from './logits-input.ts';
import { rowMean } from './row-mean.ts';

export interface MultiLabelCrossEntropyInput {
  /** float32 [batch, labels] */
  readonly logits: tf.Tensor2D;
  /** float32 [batch, labels], 1 where a label holds and 0 elsewhere */
  readonly labels: tf.Tensor2D;
  /** float32 [batch], 0 for rows that only fill up the batch */
  readonly rowWeights?: tf.Tensor1D | undefined;
}

/**
 * Cross-entropy of each label's sigmoid against gold, for labels that do not exclude each other; mean over labels and
 * rows, in nats, as torch's `BCEWithLogitsLoss`.
 *
 * @throws ShapeError where shapes differ
 */
export function multiLabelCrossEntropy({ logits, labels, rowWeights }: MultiLabelCrossEntropyInput): tf.Scalar {
  assertShapes('multiLabelCrossEntropy', {
    logits: [logits, ['batch', 'labels']],
    labels: [labels, ['batch', 'labels']],
    rowWeights: [rowWeights, ['batch']],
  });
  return tf.mul(summedOverLabels(logits, labels, rowWeights), 1 / logits.shape[1]);
}

/**
 * Cross-entropy of the student's sigmoids against the teacher's, sigmoid(teacher / T): what a soft cross-entropy is for
 * labels that do not exclude each other. Larger than a divergence by the entropy of the teacher's answers.
 *
 * @returns float32 scalar in nats (per label with `elementMean`)
 * @throws ShapeError where the logits differ in shape
 */
export function sigmoidCrossEntropy(input: LogitsLossInput): tf.Scalar {
  const { student, teacher } = dividedLogits('sigmoidCrossEntropy', input);
  return reducedLoss(summedOverLabels(student, tf.sigmoid(teacher), input.rowWeights), input);
}

/** log(1 + exp(x)) - x · target, without overflow: max(x, 0) + log(1 + exp(-|x|)) - x · target. Mean over rows. */
function summedOverLabels(logits: tf.Tensor2D, targets: tf.Tensor2D, rowWeights: tf.Tensor1D | undefined): tf.Scalar {
  const loss = tf.customGrad((input, save) => {
    const x = input as tf.Tensor2D;
    (save as tf.GradSaveFunc)([tf.sub(tf.sigmoid(x), targets)]);
    const soft = tf.log(tf.add(tf.exp(tf.neg(tf.abs(x))), 1));
    return {
      value: tf.sub(tf.add(tf.relu(x), soft), tf.mul(x, targets)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, saved[0] as tf.Tensor),
    };
  });
  return rowMean(tf.sum(loss(logits) as tf.Tensor2D, 1, true) as tf.Tensor2D, rowWeights);
}
