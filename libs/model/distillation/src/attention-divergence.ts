import * as tf from '@tensorflow/tfjs-core';
import { type AttentionLossInput, assertAttentionShapes, keyBias } from './attention-input.ts';
import { positionWeights, rowWeightsOfRank } from './padding.ts';
import { inverseCount, weightedMean } from './weighted-mean.ts';

/**
 * Kullback–Leibler divergence of the student's attention probabilities from the teacher's of one mapped layer pair: over
 * the keys of each query and head, as every model sees them, so that padded keys have probability 0 in both.
 *
 * `masked` takes the mean over heads and real queries of the whole batch, as MiniLM does; `reference` over all queries,
 * padded ones included. What all scores of a query share makes no difference, unlike in `attentionScoreLoss`.
 *
 * @returns float32 scalar in nats
 * @throws ShapeError where head counts or lengths differ
 * @see MiniLM, arXiv:2002.10957, self-attention distribution transfer, there on the last layer alone
 */
export function attentionDivergence(input: AttentionLossInput): tf.Scalar {
  assertAttentionShapes('attentionDivergence', input);
  const { student, teacher, padding, ...mask } = input;
  const [batch, , length] = student.shape;
  const weights =
    padding === 'masked'
      ? tf.reshape(positionWeights(mask), [batch, 1, length, 1])
      : rowWeightsOfRank(mask.rowWeights, 4);
  const bias = keyBias(mask.keyMask);
  return divergence(tf.add(student, bias), tf.logSoftmax(tf.add(teacher, bias)), weights);
}

/** The gradient (softmax(scores) - probabilities) is written out: the derived one costs three passes over all scores more. */
function divergence(scores: tf.Tensor, teacherLog: tf.Tensor, weights: tf.Tensor | undefined): tf.Scalar {
  const loss = tf.customGrad((input, save) => {
    const studentLog = tf.logSoftmax(input as tf.Tensor);
    const probabilities = tf.exp(teacherLog);
    const excess = tf.sum(tf.mul(probabilities, tf.sub(teacherLog, studentLog)), -1, true);
    const queries = excess.size;
    const share = tf.mul(weights ?? tf.scalar(1), inverseCount(queries, weights));
    (save as tf.GradSaveFunc)([tf.sub(tf.exp(studentLog), probabilities), share]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [difference, scale] = saved as [tf.Tensor, tf.Tensor];
      return tf.mul(difference, tf.mul(dy, scale));
    };
    return { value: weightedMean(excess, weights), gradFunc };
  });
  return loss(scores) as tf.Scalar;
}
