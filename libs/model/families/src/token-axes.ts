import type { FreeAxes } from '@retort/engine';
import type { BertConfig } from './config.ts';

const TOKENS = ['batch', 'sequence'] as const;

/** For a program that reads tokens: any number of rows, of any length that the model has positions for. */
export function tokenAxes({ maxPositions }: Pick<BertConfig, 'maxPositions'>): FreeAxes {
  return {
    inputs: { tokenIds: TOKENS, segmentIds: TOKENS, keyMask: TOKENS },
    // A full table of positions would be read without being cut, so both lengths are shorter.
    probes: { batch: [11, 14], sequence: maxPositions > 7 ? [5, 7] : [maxPositions - 2, maxPositions - 1] },
  };
}
