import type { RunningMeansState } from './running-means.ts';
import type { ValidationState } from './validation/validation.ts';

/**
 * Where training stands after a whole optimizer step, apart from weights and moments. Order of rows, dropout and masked words
 * are functions of seed and position, so that nothing else has to be kept.
 */
export interface TrainingPosition {
  /** Optimizer steps. */
  readonly step: number;
  /** Micro-batches since the start of training. */
  readonly done: number;
  /** Sums over the micro-batches of the epoch at hand, each times its rows, by term; empty at its start. */
  readonly sums: Readonly<Record<string, number>>;
  /** Means over the last epoch that is complete, by term. */
  readonly lastEpoch: Readonly<Record<string, number>>;
  /** What is shown while training. */
  readonly shown: RunningMeansState;
  /** Where validation rows are scored. */
  readonly validation?: ValidationState;
}

export const START: TrainingPosition = {
  step: 0,
  done: 0,
  sums: {},
  lastEpoch: {},
  shown: { values: {}, count: 0 },
};
