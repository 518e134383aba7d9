/** What an author of a loss term or a teacher signal sees. Formulas compute with tfjs, so that this is an entry of its own. */
export {
  type AttentionLossInput,
  attentionDivergence,
  type LogitsLossInput,
  type Padding,
  type PositionMask,
  rowMean,
} from '@retort/distillation';
export {
  type Answer,
  attentionScores,
  hiddenStates,
  logits,
  type ModelOutputs,
  type SignalAxis,
  type TeacherSignal,
} from '@retort/distillation/signals';
export {
  type Comparison,
  defineLossTerm,
  type LayerPair,
  type LossKind,
  type LossLayers,
  type LossTerm,
  layerPairsSetting,
  type ModelGeometry,
  mappable,
  paddable,
  padding,
  pairProblems,
  scheduledNumber,
  type TermCheck,
  type TermInput,
  type TermProblem,
} from '@retort/distillation/terms';
