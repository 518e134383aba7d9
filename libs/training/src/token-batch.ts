import type { Tokens } from '@retort/columnar';
import type { HostTensor } from '@retort/engine';

/** A batch padded to one width. Rows keep the order that they were asked for in. */
export interface TokenBatch {
  readonly [name: string]: HostTensor;
  /** int32 [batch, width] */
  readonly tokenIds: HostTensor;
  /** int32 [batch, width] */
  readonly segmentIds: HostTensor;
  /** float32 [batch, width], 1 for a real token */
  readonly keyMask: HostTensor;
}

/** @param rows row numbers of `tokens` @param width at least the longest of them */
export function padTokens(tokens: Tokens, rows: ArrayLike<number>, width: number): TokenBatch {
  const shape = [rows.length, width];
  const tokenIds = new Int32Array(rows.length * width).fill(tokens.metadata.padId);
  const segmentIds = new Int32Array(tokenIds.length);
  const keyMask = new Float32Array(tokenIds.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const begin = tokens.offsets[row] as number;
    const length = (tokens.offsets[row + 1] as number) - begin;
    if (length > width) throw new RangeError(`row ${row} has ${length} tokens, which do not fit ${width}`);
    tokenIds.set(tokens.tokenIds.subarray(begin, begin + length), i * width);
    segmentIds.fill(1, i * width + (tokens.firstSegmentLengths[row] as number), i * width + length);
    keyMask.fill(1, i * width, i * width + length);
  }
  return {
    tokenIds: { data: tokenIds, shape },
    segmentIds: { data: segmentIds, shape },
    keyMask: { data: keyMask, shape },
  };
}

/** Tokens of each row, special tokens included. */
export function rowLengths({ offsets, rowCount }: Pick<Tokens, 'offsets' | 'rowCount'>): Int32Array {
  return Int32Array.from({ length: rowCount }, (_, row) => (offsets[row + 1] as number) - (offsets[row] as number));
}

/** Labels of some rows: int32 [batch] for classes, float32 [batch] for regression. */
export function labelsOf(labels: Int32Array | Float32Array, rows: ArrayLike<number>): HostTensor {
  const data = labels instanceof Int32Array ? new Int32Array(rows.length) : new Float32Array(rows.length);
  for (let i = 0; i < rows.length; i++) data[i] = labels[rows[i] as number] as number;
  return { data, shape: [rows.length] };
}
