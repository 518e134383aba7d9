export { bagOfWordsLogits } from './bag-of-words.ts';
export { type Batch, bucketedBatches, bucketWidths, trainingWidths } from './batches.ts';
export * from './distillation/index.ts';
export { type EvaluationContext, meanOutputs } from './evaluation.ts';
export { evaluationBatches } from './evaluation-batches.ts';
export { type BandPoint, bandAt, type HealthBands, HealthCheck, type Range } from './health-bands.ts';
export { initializeStudent } from './initialize-student.ts';
export { logitsOf } from './logits.ts';
export { type MaskedWords, maskWords, maskWordsOfRows } from './masked-words.ts';
export type { AdamSettings } from './optimizers/adam.ts';
export { defineOptimizer, type OptimizerDefinition, type ParameterStep } from './optimizers/definition.ts';
export { Optimizer, type OptimizerStep, statesOf } from './optimizers/optimizer.ts';
export { type LearningSettings, type OptimizerSettings, optimizers } from './optimizers/settings.ts';
export { defineSchedule, learningRateSchedule, type ScheduleDefinition, schedules } from './schedule.ts';
export { checkTokensFit, startingModel } from './starting-model.ts';
export { batchesOfEpoch, type LastBatch, type StepCounts, stepOfMicroBatch } from './steps.ts';
export { labelsOf, padTokens, rowLengths, type TokenBatch, tokenLabels } from './token-batch.ts';
export { type TrainingContext, type TrainingSettings, type TrainingSummary, train, trainOnRows } from './train.ts';
export {
  continued,
  readHistory,
  startingHistory,
  type TrainingHistory,
  type TrainingPhase,
  writeHistory,
} from './training-history.ts';
export * from './validation/index.ts';
