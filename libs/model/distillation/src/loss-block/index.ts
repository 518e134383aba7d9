export {
  heldOutBlock,
  isTermOn,
  type LayerPair,
  type LossBlock,
  type LossWeight,
  projectionCount,
  projectionIndex,
  scheduledValues,
  TERMS,
  type TermName,
} from './block.ts';
export { type LossBlockCheck, type LossBlockProblem, lossBlockProblems, type ModelGeometry } from './checks.ts';
export { comparedLayers, lossMapping, usesMapping } from './compared-layers.ts';
export { type SignalsNeeded, signalsNeeded } from './signals-needed.ts';
export { fixedValue, type ScheduledValue, type StepOfTraining, type ValueSchedule, valueAt } from './value-schedule.ts';
