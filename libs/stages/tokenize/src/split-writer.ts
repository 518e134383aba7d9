import {
  createTokensWriter,
  type PartialTable,
  type TokenRows,
  type TokensMetadata,
  type TokensWriter,
} from '@retort/tables';

/** One output of the stage: its file, and how far it is filled. */
export interface SplitWriter {
  readonly file: TokensWriter;
  readonly append: (rows: TokenRows) => Promise<void>;
  readonly isFull: () => boolean;
  readonly counts: { rows: number; tokens: number };
}

/** @param options.counts of what is in the file already */
export async function createSplitWriter(
  path: string,
  metadata: TokensMetadata,
  options: {
    maxRows?: number | undefined;
    partial?: PartialTable | undefined;
    counts?: { rows: number; tokens: number } | undefined;
  },
): Promise<SplitWriter> {
  const { maxRows = Number.POSITIVE_INFINITY, partial } = options;
  const file = await createTokensWriter(path, metadata, partial);
  const counts = { rows: 0, tokens: 0, ...options.counts };
  const append = async (rows: TokenRows) => {
    const kept = firstRows(rows, Math.min(rows.rowCount, maxRows - counts.rows));
    counts.rows += kept.rowCount;
    counts.tokens += kept.tokenIds.length;
    await file.append(kept);
  };
  return { file, append, isFull: () => counts.rows >= maxRows, counts };
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
