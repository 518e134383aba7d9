export {
  type ActiveTerm,
  activeTerms,
  heldOutBlock,
  isTermOn,
  knownTerms,
  lossExtensions,
  membersInUse,
  projectionCount,
  projectionIndex,
  scheduledValues,
  usesProjections,
} from './block.ts';
export { type LossBlockCheck, lossBlockProblems } from './checks.ts';
export {
  comparedLayers,
  comparesClasses,
  followsMapping,
  lossLayers,
  type SignalsNeeded,
  signalsNeeded,
  usesClassifier,
  usesLabels,
  usesTeacher,
} from './compared.ts';
export { type LossBlock, lossBlockSchema } from './schema.ts';
export {
  finalValue,
  fixedValue,
  type ScheduledValue,
  type StepOfTraining,
  type ValueSchedule,
  valueAt,
} from './value-schedule.ts';
