import { faultPoints } from '../fault-points/index.ts';

/** Moments around a checkpoint at which a test may end the process. */
export const CHECKPOINT_FAULT_POINTS = [
  'checkpoint.begun',
  'checkpoint.written',
  'checkpoint.renamed',
  'checkpoint.pruned',
  'checkpoint.loaded',
] as const;

export const reach = faultPoints(CHECKPOINT_FAULT_POINTS);
