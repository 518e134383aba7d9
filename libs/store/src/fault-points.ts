import { faultPoints } from '@retort/foundation/fault-points';

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

/** Moments of garbage collection at which a test may end the process. */
export const GC_FAULT_POINTS = [
  'gc.begun',
  'gc.record-removed',
  'gc.index-pruned',
  'gc.moved-to-trash',
  'gc.artifact-gone',
  'gc.listing-gone',
  'gc.item-removed',
  'gc.claims-swept',
  'gc.trash-emptied',
] as const;

export const reachInGc = faultPoints(GC_FAULT_POINTS);
