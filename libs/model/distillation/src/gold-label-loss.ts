import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { hardLabelCrossEntropy } from './hard-label-cross-entropy.ts';
import { regressionLoss } from './regression-loss.ts';
import { multiLabelCrossEntropy } from './sigmoid-cross-entropy.ts';

/** int32 [batch] classes, float32 [batch] values of a regression, or float32 [batch, labels] of 0 and 1 for multi-label. */
export type GoldLabels = Tensor1D | Tensor2D;

export interface GoldLabelLossInput {
  /** float32 [batch, outputs] */
  readonly logits: Tensor2D;
  readonly labels: GoldLabels;
  /** float32 [batch], 0 for rows that only fill up the batch */
  readonly rowWeights?: Tensor1D | undefined;
}

/**
 * Cross-entropy against gold classes, that of each label's sigmoid for multi-label, or mean squared error for regression.
 * Dtype and rank of the labels decide which.
 *
 * @throws ShapeError where shapes differ
 */
export function goldLabelLoss({ labels, ...given }: GoldLabelLossInput): Scalar {
  if (labels.rank === 2) return multiLabelCrossEntropy({ ...given, labels: labels as Tensor2D });
  const loss = labels.dtype === 'int32' ? hardLabelCrossEntropy : regressionLoss;
  return loss({ ...given, labels: labels as Tensor1D });
}
