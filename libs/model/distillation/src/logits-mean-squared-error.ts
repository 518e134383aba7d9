import * as tf from '@tensorflow/tfjs-core';
import { dividedLogits, type LogitsLossInput, reducedLoss } from './logits-input.ts';
import { meanSquaredError } from './mean-squared-error.ts';
import { rowWeightsOfRank } from './padding.ts';

/**
 * Squared distance of student and teacher logits, both divided by the temperature. The only logits loss that says
 * anything for regression, where there is one logit.
 *
 * `elementMean` is the usual mean squared error; `batchMean` sums over classes. With `scaleByTemperatureSquared` the
 * temperature cancels.
 *
 * @returns float32 scalar in squared logit units
 * @throws ShapeError where the logits differ in shape
 */
export function logitsMeanSquaredError(input: LogitsLossInput): tf.Scalar {
  const weights = rowWeightsOfRank(input.rowWeights, 2);
  const error = meanSquaredError({
    ...dividedLogits('logitsMeanSquaredError', input),
    weights,
  });
  return reducedLoss(tf.mul(error, input.studentLogits.shape[1]), input);
}
