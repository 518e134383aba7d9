import type { HostTensor } from '@retort/engine';
import { labelWidth, type Tokens } from '@retort/tables';
import type { Batch } from './batches.ts';

/** A batch padded to one width; what every program on tokens takes as inputs. */
export type TokenBatch = Readonly<
  Record<
    /** int32 [batch, width] */
    | 'tokenIds'
    /** int32 [batch, width] */
    | 'segmentIds'
    /** int32 [batch, width], 1 for a real token */
    | 'keyMask',
    HostTensor
  > & {
    /** float32 [batch], 0 for rows that only fill up the batch */
    rowWeights: HostTensor;
  }
>;

/** Pads the rows of one batch. */
export function padTokens(tokens: Tokens, { rows, rowCount, width }: Batch): TokenBatch {
  const shape = [rows.length, width];
  const tokenIds = new Int32Array(rows.length * width).fill(tokens.metadata.padId);
  const segmentIds = new Int32Array(tokenIds.length);
  const keyMask = new Int32Array(tokenIds.length);
  for (const [i, row] of rows.entries()) {
    const begin = tokens.offsets[row] as number;
    const length = (tokens.offsets[row + 1] as number) - begin;
    tokenIds.set(tokens.tokenIds.subarray(begin, begin + length), i * width);
    segmentIds.fill(1, i * width + (tokens.firstSegmentLengths[row] as number), i * width + length);
    keyMask.fill(1, i * width, i * width + length);
  }
  const rowWeights = Float32Array.from({ length: rows.length }, (_, i) => (i < rowCount ? 1 : 0));
  return {
    tokenIds: { data: tokenIds, shape },
    segmentIds: { data: segmentIds, shape },
    keyMask: { data: keyMask, shape },
    rowWeights: { data: rowWeights, shape: [rows.length] },
  };
}

/** Tokens of each row, special tokens included. */
export function rowLengths({ offsets, rowCount }: Pick<Tokens, 'offsets' | 'rowCount'>): Int32Array {
  return Int32Array.from({ length: rowCount }, (_, row) => (offsets[row + 1] as number) - (offsets[row] as number));
}

/** Gold labels of some rows of tokens, where they have any: as `labelsOf`, or float32 [batch, labels] for multi-label. */
export function tokenLabels({ labels, metadata }: Tokens, rows: ArrayLike<number>): { labels?: HostTensor } {
  if (labels === undefined) return {};
  if (metadata.task?.kind !== 'multi-label') return { labels: labelsOf(labels, rows) };
  const width = labelWidth(metadata.task);
  const data = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    data.set(labels.subarray(row * width, (row + 1) * width), i * width);
  }
  return { labels: { data, shape: [rows.length, width] } };
}

/** Labels of some rows: int32 [batch] for classes, float32 [batch] for regression. */
export function labelsOf(labels: Int32Array | Float32Array, rows: ArrayLike<number>): HostTensor {
  const data = labels instanceof Int32Array ? new Int32Array(rows.length) : new Float32Array(rows.length);
  for (let i = 0; i < rows.length; i++) data[i] = labels[rows[i] as number] as number;
  return { data, shape: [rows.length] };
}
