import * as tf from '@tensorflow/tfjs-core';
import { type AttentionLossInput, assertAttentionShapes, keyBias } from './attention-input.ts';
import { meanSquaredError } from './mean-squared-error.ts';
import { type PositionMask, positionShares, positionWeights, rowWeightsOfRank } from './padding.ts';

/**
 * Mean squared error between student and teacher attention scores of one mapped layer pair.
 *
 * `masked` takes the mean over heads and pairs of real query and real key of the whole batch: a long row counts for more
 * than a short one. `reference` adds -10,000 to the scores of padded keys, sets every score <= -100 to zero (also a
 * genuine one) and takes the mean over everything, padded queries included.
 *
 * @returns float32 scalar in squared score units
 * @throws ShapeError where head counts or lengths differ
 * @see TinyBERT, arXiv:1909.10351, Transformer-layer distillation (attention term)
 */
export function attentionScoreLoss(input: AttentionLossInput): tf.Scalar {
  assertAttentionShapes('attentionScoreLoss', input);
  const { student, teacher, padding, ...mask } = input;
  if (padding === 'masked') return meanSquaredError({ student, teacher, weights: pairWeights(mask) });
  const weights = rowWeightsOfRank(mask.rowWeights, 4);
  return meanSquaredError({
    student: thresholdedScores(student, mask.keyMask),
    teacher: thresholdedScores(teacher, mask.keyMask),
    weights,
  });
}

/** [batch, 1, query, key]: how much each pair of a real query and a real key counts; 0 for others. */
function pairWeights(mask: PositionMask): tf.Tensor4D {
  const [batch, length] = mask.keyMask.shape;
  const queries = tf.reshape(positionWeights(mask), [batch, 1, length, 1]);
  const keys = tf.reshape(positionShares(mask), [batch, 1, 1, length]);
  return tf.mul(queries, keys);
}

const THRESHOLD = -100;

/**
 * `where(scores + maskBias <= -100, 0, scores + maskBias)` of the reference code (general_distill.py at 0598f02). The gradient is
 * written out because tfjs has none for a condition that depends on the differentiated tensor.
 */
function thresholdedScores(scores: tf.Tensor4D, keyMask: tf.Tensor2D): tf.Tensor4D {
  const threshold = tf.customGrad((input, save) => {
    const biased = tf.add(input as tf.Tensor, keyBias(keyMask));
    const kept = tf.cast(tf.greater(biased, THRESHOLD), 'float32');
    (save as tf.GradSaveFunc)([kept]);
    return { value: tf.mul(biased, kept), gradFunc: (dy, saved) => tf.mul(dy, saved[0] as tf.Tensor) };
  });
  return threshold(scores) as tf.Tensor4D;
}
