import type { NamedArrays } from '@retort/bert';
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

/**
 * Sets fresh embeddings that no row reaches to 0: training leaves them as they are, and what is left must not be noise. A
 * later phase that reaches them learns them from there.
 */
export function clearUnreached(fresh: NamedArrays, { words, positions, segments }: ReachedRows): void {
  clear(fresh.get('embeddings.word'), (word) => words[word] === 1);
  clear(fresh.get('embeddings.position'), (position) => position < positions);
  clear(fresh.get('embeddings.segment'), (segment) => segment < segments);
}

function clear(table: ReturnType<NamedArrays['get']>, isReached: (row: number) => boolean): void {
  if (table === undefined) return;
  const [rows, width] = table.shape as [number, number];
  for (let row = 0; row < rows; row++) if (!isReached(row)) table.values.fill(0, row * width, (row + 1) * width);
}
