export { AdamW, type AdamWConfig } from './adamw.ts';
export { type Batch, bucketedBatches, bucketWidths } from './batches.ts';
export { maskWords, type MaskedWords } from './masked-words.ts';
export { learningRateSchedule, type Schedule } from './schedule.ts';
export { checkTokensFit, startingModel } from './starting-model.ts';
export { labelsOf, padTokens, rowLengths, type TokenBatch } from './token-batch.ts';
export { train, trainOnRows, type TrainingSummary } from './train.ts';
export * from './distillation/index.ts';
export { evaluationBatches } from './evaluation-batches.ts';
