import { faultPoints } from '@retort/fault-points';

/** Moments of the store's writing at which a test may end the process. */
export const STORE_FAULT_POINTS = [
  'store.attempt-unnamed',
  'store.claim-made',
  'store.half-written',
  'store.written',
  'store.sealed',
  'store.listed',
  'store.moved',
  'store.record-unlisted',
] as const;

export const reach = faultPoints(STORE_FAULT_POINTS);
