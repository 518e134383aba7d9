export { attentionDivergence } from './attention-divergence.ts';
export type { AttentionLossInput } from './attention-input.ts';
export { attentionScoreLoss } from './attention-score-loss.ts';
export { type DistillationLoss, type DistillationLossInput, distillationLoss } from './distillation-loss.ts';
export { type GoldLabelLossInput, type GoldLabels, goldLabelLoss } from './gold-label-loss.ts';
export { type HardLabelCrossEntropyInput, hardLabelCrossEntropy } from './hard-label-cross-entropy.ts';
export { hiddenCosineLoss } from './hidden-cosine-loss.ts';
export type { HiddenStateLossInput } from './hidden-input.ts';
export type { HiddenProjection } from './hidden-projection.ts';
export { hiddenStateLoss } from './hidden-state-loss.ts';
export { klDivergence } from './kl-divergence.ts';
export type { LogitsLossInput } from './logits-input.ts';
export { logitsMeanSquaredError } from './logits-mean-squared-error.ts';
export { type Padding, type PositionMask, positionWeights } from './padding.ts';
export { type RegressionLossInput, regressionLoss } from './regression-loss.ts';
export { type Reduction, rowMean } from './row-mean.ts';
export {
  type MultiLabelCrossEntropyInput,
  multiLabelCrossEntropy,
  sigmoidCrossEntropy,
} from './sigmoid-cross-entropy.ts';
export { softCrossEntropy } from './soft-cross-entropy.ts';
