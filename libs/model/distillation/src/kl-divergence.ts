import * as tf from '@tensorflow/tfjs-core';
import { dividedLogits, type LogitsLossInput, reducedLoss } from './logits-input.ts';
import { rowMean } from './row-mean.ts';

/**
 * Kullback–Leibler divergence of the student from the teacher: Σ p · (log p - log q) with p = softmax(teacher / T) and
 * q = softmax(student / T). 0 exactly where they agree.
 *
 * `batchMean` is torch's `KLDivLoss(reduction="batchmean")`, `elementMean` its `"mean"`.
 *
 * @returns float32 scalar in nats (per class with `elementMean`)
 * @throws ShapeError where the logits differ in shape
 * @see Hinton et al., arXiv:1503.02531
 */
export function klDivergence(input: LogitsLossInput): tf.Scalar {
  const { student, teacher } = dividedLogits('klDivergence', input);
  const teacherLog = tf.logSoftmax(teacher);
  const excess = tf.mul(tf.exp(teacherLog), tf.sub(teacherLog, tf.logSoftmax(student)));
  return reducedLoss(rowMean(tf.sum(excess, 1, true) as tf.Tensor2D, input.rowWeights), input);
}
