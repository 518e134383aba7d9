import { faultPoints } from '@retort/foundation/fault-points';

/** Moments of a run at which a test may end it. */
export const RUNNER_FAULT_POINTS = [
  'runner.claimed',
  'runner.attempt-made',
  'runner.stage-started',
  'runner.stage-ended',
  'runner.published',
  'runner.recorded',
  'runner.checkpoints-removed',
  'runner.claim-released',
] as const;

export const reach = faultPoints(RUNNER_FAULT_POINTS);
