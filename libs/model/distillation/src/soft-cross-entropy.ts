import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy } from './cross-entropy.ts';
import { dividedLogits, type LogitsLossInput, reducedLoss } from './logits-input.ts';

/**
 * Cross-entropy of the student against the teacher's soft targets: -Σ softmax(teacher / T) · log softmax(student / T).
 *
 * Not the Kullback–Leibler divergence: it is larger by the entropy of the soft targets and does not reach 0. The
 * gradient is the same. The reference code takes `elementMean` at T = 1 and never scales by T².
 *
 * @returns float32 scalar in nats (per class with `elementMean`)
 * @throws ShapeError where the logits differ in shape
 * @see TinyBERT, arXiv:1909.10351, prediction-layer distillation; `soft_cross_entropy` in task_distill.py at 0598f02
 */
export function softCrossEntropy(input: LogitsLossInput): tf.Scalar {
  const { student, teacher } = dividedLogits('softCrossEntropy', input);
  const targets = tf.softmax(teacher);
  return reducedLoss(crossEntropy({ logits: student, targets, rowWeights: input.rowWeights }), input);
}
