import { assertShapes } from '@retort/foundation/shapes';
import * as tf from '@tensorflow/tfjs-core';
import { meanSquaredError } from './mean-squared-error.ts';
import { rowWeightsOfRank } from './padding.ts';

export interface RegressionLossInput {
  /** float32 [batch, 1] */
  readonly logits: tf.Tensor2D;
  /** float32 [batch] */
  readonly labels: tf.Tensor1D;
  /** float32 [batch], 0 for rows that only fill up the batch */
  readonly rowWeights?: tf.Tensor1D | undefined;
}

/**
 * Mean squared error of the only logit against gold values, mean over rows, in squared label units.
 *
 * @throws ShapeError where there is more than one logit or batch sizes differ
 */
export function regressionLoss({ logits, labels, rowWeights }: RegressionLossInput): tf.Scalar {
  assertShapes('regressionLoss', {
    labels: [labels, ['batch']],
    logits: [logits, ['batch', 1]],
    rowWeights: [rowWeights, ['batch']],
  });
  const weights = rowWeightsOfRank(rowWeights, 2);
  return meanSquaredError({ student: logits, teacher: tf.reshape(labels, [-1, 1]), weights });
}
