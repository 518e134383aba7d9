export { labelScorer } from './label-scorer.ts';
export type { ValidationRecord } from './record.ts';
export { lossMeasure, type Measure, type Scorer } from './scorer.ts';
export type { ValidationSettings } from './settings.ts';
export { type ValidationOutcome, type ValidationPlan, validationMetrics } from './validation.ts';
export { readValidation } from './validation-input.ts';
export { writeOutcome } from './write-outcome.ts';
