import { faultPoints } from '@retort/foundation/fault-points';

/** Moments of a stage's process at which a test may end it. */
export const STAGE_FAULT_POINTS = ['stage.started', 'stage.computed'] as const;

export const reach = faultPoints(STAGE_FAULT_POINTS);
