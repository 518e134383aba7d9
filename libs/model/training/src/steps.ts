/** What becomes of the rows that do not fill a batch at the end of an epoch. */
export type LastBatch = 'keep' | 'skip';

/** Micro-batches of one epoch. */
export function batchesOfEpoch(
  rows: number,
  { batchSize, lastBatch }: { batchSize: number; lastBatch: LastBatch },
): number {
  return lastBatch === 'keep' ? Math.ceil(rows / batchSize) : Math.floor(rows / batchSize);
}

/** How micro-batches make steps in one training. */
export interface StepCounts {
  readonly epochs: number;
  /** Micro-batches of one epoch. */
  readonly batchesPerEpoch: number;
  readonly gradientAccumulation: number;
}

/** The optimizer step, from 0, that a micro-batch's gradient goes into, and how many steps there are; an epoch ends a step. */
export function stepOfMicroBatch(
  index: number,
  { epochs, batchesPerEpoch, gradientAccumulation }: StepCounts,
): { step: number; totalSteps: number } {
  const stepsPerEpoch = Math.ceil(batchesPerEpoch / gradientAccumulation);
  const epoch = Math.floor(index / batchesPerEpoch);
  const within = Math.floor((index % batchesPerEpoch) / gradientAccumulation);
  return { step: epoch * stepsPerEpoch + within, totalSteps: epochs * stepsPerEpoch };
}
