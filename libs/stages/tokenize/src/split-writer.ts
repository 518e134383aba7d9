import type { TokenRows, TokensWriter } from '@retort/tables';

/** One output of the stage: its file, and how far it is filled. */
export interface SplitWriter {
  readonly append: (rows: TokenRows) => Promise<void>;
  readonly isFull: () => boolean;
  readonly counts: { rows: number; tokens: number };
}

/** @param options.counts of what is in the file already */
export function splitWriter(
  file: TokensWriter,
  options: { maxRows?: number | undefined; counts?: { rows: number; tokens: number } | undefined },
): SplitWriter {
  const { maxRows = Number.POSITIVE_INFINITY } = options;
  const counts = { rows: 0, tokens: 0, ...options.counts };
  const append = async (rows: TokenRows) => {
    const kept = firstRows(rows, Math.min(rows.rowCount, maxRows - counts.rows));
    counts.rows += kept.rowCount;
    counts.tokens += kept.tokenIds.length;
    await file.append(kept);
  };
  return { append, isFull: () => counts.rows >= maxRows, counts };
}

function firstRows(rows: TokenRows, rowCount: number): TokenRows {
  if (rowCount === rows.rowCount) return rows;
  return {
    rowCount,
    tokenIds: rows.tokenIds.subarray(0, rows.offsets[rowCount]),
    offsets: rows.offsets.subarray(0, rowCount + 1),
    firstSegmentLengths: rows.firstSegmentLengths.subarray(0, rowCount),
    ...(rows.labels && { labels: rows.labels.subarray(0, (rows.labels.length / rows.rowCount) * rowCount) }),
  };
}
