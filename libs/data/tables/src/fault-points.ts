import { faultPoints } from '@retort/foundation/fault-points';

/** Moments of a table's writing at which a test may end the process. */
export const TABLE_FAULT_POINTS = [
  'table.appended',
  'table.half-written',
  'table.synced',
  'table.finished',
  'table.placed',
] as const;

export const reach = faultPoints(TABLE_FAULT_POINTS);
