export { type Batch, bucketedBatches, bucketWidths, trainingWidths } from './batches.ts';
export * from './distillation/index.ts';
export { evaluationBatches } from './evaluation-batches.ts';
export { type BandPoint, bandAt, type HealthBands, HealthCheck, type Range } from './health-bands.ts';
export { initializeStudent } from './initialize-student.ts';
export { type MaskedWords, maskWords, maskWordsOfRows } from './masked-words.ts';
export { Optimizer, type OptimizerConfig, type OptimizerStep } from './optimizer.ts';
export { learningRateSchedule, type Schedule } from './schedule.ts';
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
