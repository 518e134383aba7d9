import { faultPoints } from '@retort/foundation/fault-points';

/** Moments of a stage's process at which a test may end it. */
export const STAGE_FAULT_POINTS = [
  'stage.started',
  'stage.computed',
  'checkpoint.begun',
  'checkpoint.written',
  'checkpoint.renamed',
  'checkpoint.pruned',
  'checkpoint.loaded',
] as const;

export const reach = faultPoints(STAGE_FAULT_POINTS);
