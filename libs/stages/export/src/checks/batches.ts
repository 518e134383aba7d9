import { RandomStream, streamKey } from '@retort/foundation/random';
import type { Tokens } from '@retort/tables';
import { padTokens, rowLengths } from '@retort/training';
import type { Rows } from '../source.ts';

/** Sizes of the batches that formats are compared on, in turn: a graph with a size built in would fail on the next. */
const SIZES = [1, 2, 5, 8];

/** Chosen rows in batches of several sizes, each as long as its longest row, or longer where there are positions left. */
export function comparedBatches(
  tokens: Tokens,
  { rows, maxPositions, seed }: { rows: number; maxPositions: number; seed: number },
): Rows[] {
  const random = new RandomStream(streamKey(seed, 'export', 'compared'));
  const chosen = Array.from({ length: Math.min(rows, tokens.rowCount) }, (_, i) =>
    tokens.rowCount <= rows ? i : random.below(tokens.rowCount),
  );
  const batches: Rows[] = [];
  for (let from = 0; from < chosen.length; ) {
    const size = SIZES[batches.length % SIZES.length] as number;
    const part = chosen.slice(from, from + size);
    from += size;
    batches.push(paddedRows(tokens, part, { extra: batches.length % 3, maxPositions }));
  }
  return batches;
}

/** Rows padded to the longest of them, and by `extra` more. */
export function paddedRows(
  tokens: Tokens,
  rows: readonly number[],
  { extra, maxPositions }: { extra: number; maxPositions: number },
): Rows {
  const lengths = rowLengths(tokens);
  const longest = rows.reduce((most, row) => Math.max(most, lengths[row] as number), 1);
  const width = Math.min(maxPositions, longest + extra);
  const { tokenIds, segmentIds, keyMask } = padTokens(tokens, {
    rows: Int32Array.from(rows),
    rowCount: rows.length,
    width,
  });
  return { tokenIds, segmentIds, keyMask };
}
