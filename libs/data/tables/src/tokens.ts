import type { RecordBatch } from 'apache-arrow';
import { columnData, numbersOf, raggedOf } from './column-values.ts';
import { int32Column, int32ListColumn } from './columns.ts';
import { type LabelValues, labelColumn, labelValues, labelWidth } from './label-column.ts';
import { withTask } from './schemas/task-labels.ts';
import { type TokensMetadata, tokensSchema } from './schemas/tokens.ts';
import type { PartialTable, TablePosition } from './table-position.ts';
import { openTable } from './table-reader.ts';
import { createTableWriter } from './table-writer.ts';

/** Rows of token ids in flat arrays. Row i is `tokenIds[offsets[i] … offsets[i + 1]]`, special tokens included. */
export interface TokenRows {
  readonly rowCount: number;
  readonly tokenIds: Int32Array;
  /** int32 [rowCount + 1]. */
  readonly offsets: Int32Array;
  /** int32 [rowCount]: tokens of segment 0, which come first in a row; the rest are of segment 1. */
  readonly firstSegmentLengths: Int32Array;
  readonly labels?: LabelValues;
}

export interface Tokens extends TokenRows {
  readonly metadata: TokensMetadata;
}

export interface TokensWriter {
  /** The arrays are written before the promise resolves and may then be used again. */
  readonly append: (rows: TokenRows) => Promise<void>;
  /** How far the file is written for sure. */
  readonly position: () => Promise<TablePosition>;
  /** Finishes the file; without it the file cannot be opened. Resolves to the number of rows. */
  readonly close: () => Promise<number>;
  /** Lets go of the file, unfinished. */
  readonly abort: () => Promise<void>;
}

export async function createTokensWriter(
  path: string,
  metadata: TokensMetadata,
  partial?: PartialTable,
): Promise<TokensWriter> {
  const writer = await createTableWriter(path, tokensSchema(metadata), partial);
  const append = async (rows: TokenRows) =>
    writer.append({
      tokenIds: int32ListColumn({ values: rows.tokenIds, offsets: rows.offsets }),
      firstSegmentLength: int32Column(rows.firstSegmentLengths),
      ...(rows.labels && { label: labelColumn(rows.labels, metadata.task) }),
    });
  return { append, position: writer.position, close: writer.close, abort: writer.abort };
}

/**
 * All rows of a `tokens.arrow`, in memory: 4 bytes a token. For files that do not fit, `streamTokens`.
 *
 * @throws RetortError ARROW_DAMAGED for a file that is not whole, ARROW_UNEXPECTED for another kind of table
 */
export async function readTokens(path: string): Promise<Tokens> {
  const parts: TokenRows[] = [];
  const { metadata } = await eachTokenBatch(path, (rows) => parts.push(rows));
  return { ...joinTokenRows(parts, metadata), metadata };
}

/** Token rows batch by batch, a few thousand at a time. Memory does not grow with the file. */
export async function* streamTokens(path: string): AsyncGenerator<Tokens> {
  const table = await openTable(path, { type: 'tokens' });
  try {
    const metadata = withTask<TokensMetadata>(table.metadata);
    yield* table.read((batch) => ({ ...tokenRowsOf(batch, metadata), metadata }));
  } finally {
    await table.close();
  }
}

async function eachTokenBatch(path: string, visit: (rows: TokenRows) => void): Promise<{ metadata: TokensMetadata }> {
  const table = await openTable(path, { type: 'tokens' });
  try {
    const metadata = withTask<TokensMetadata>(table.metadata);
    for await (const rows of table.read((batch) => tokenRowsOf(batch, metadata))) visit(rows);
    return { metadata };
  } finally {
    await table.close();
  }
}

function tokenRowsOf(batch: RecordBatch, metadata: TokensMetadata): TokenRows {
  const ids = raggedOf<Int32Array>(columnData(batch, 'tokenIds')!);
  const label = columnData(batch, 'label');
  return {
    rowCount: batch.numRows,
    tokenIds: ids.values,
    offsets: ids.offsets,
    firstSegmentLengths: numbersOf<Int32Array>(columnData(batch, 'firstSegmentLength')!),
    ...(label && { labels: labelValues(label, metadata.task) }),
  };
}

function joinTokenRows(parts: readonly TokenRows[], metadata: TokensMetadata): TokenRows {
  const rowCount = sum(parts.map((part) => part.rowCount));
  const tokenIds = new Int32Array(sum(parts.map((part) => part.tokenIds.length)));
  const offsets = new Int32Array(rowCount + 1);
  const firstSegmentLengths = new Int32Array(rowCount);
  const width = labelWidth(metadata.task);
  const labels = emptyLabels(rowCount, metadata);
  let row = 0;
  let token = 0;
  for (const part of parts) {
    tokenIds.set(part.tokenIds, token);
    for (let i = 0; i < part.rowCount; i++) offsets[row + i + 1] = token + (part.offsets[i + 1] as number);
    firstSegmentLengths.set(part.firstSegmentLengths, row);
    if (labels && part.labels) labels.set(part.labels, row * width);
    row += part.rowCount;
    token += part.tokenIds.length;
  }
  return { rowCount, tokenIds, offsets, firstSegmentLengths, ...(labels && { labels }) };
}

function emptyLabels(rowCount: number, { task, isUnlabelled }: TokensMetadata): LabelValues | undefined {
  if (task === undefined || isUnlabelled) return undefined;
  return task.kind === 'regression' ? new Float32Array(rowCount) : new Int32Array(rowCount * labelWidth(task));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
