import type { Tokens } from '@retort/columnar';
import { rowLengths } from './token-batch.ts';

/** What rows of tokens reach of a model's embedding tables. */
export interface ReachedRows {
  /** 1 for each word of the vocabulary that occurs. */
  readonly words: Uint8Array;
  /** Tokens of the longest row. */
  readonly positions: number;
  /** 2 where some row is a pair of texts. */
  readonly segments: number;
}

export function reachedRows(tokens: Tokens): ReachedRows {
  const words = new Uint8Array(tokens.metadata.vocabularySize);
  for (const id of tokens.tokenIds) words[id] = 1;
  const lengths = rowLengths(tokens);
  return {
    words,
    positions: lengths.reduce((most, length) => Math.max(most, length), 0),
    segments: lengths.some((length, row) => (tokens.firstSegmentLengths[row] as number) < length) ? 2 : 1,
  };
}
