import { RetortError } from '@retort/foundation/diagnostics';
import { RandomStream, streamKey } from '@retort/foundation/random';

/** Rows that are padded to one width: always `batchSize` rows of a bucket's width. */
export interface Batch {
  /** `batchSize` row numbers. Those from `rowCount` on repeat the first and must get weight 0. */
  readonly rows: Int32Array;
  /** Rows that count; fewer than `batchSize` in at most one batch of an epoch. */
  readonly rowCount: number;
  /** Tokens; at least the longest row's. */
  readonly width: number;
}

export interface BatchRequest {
  /** Tokens of each row. */
  readonly lengths: ArrayLike<number>;
  /** Widths that a batch may have, ascending; see `trainingWidths`. */
  readonly widths: readonly number[];
  readonly batchSize: number;
  readonly seed: number;
  /** Each epoch has its own order. */
  readonly epoch: number;
}

/**
 * The batches of one epoch: every row exactly once, with rows of similar length, in an order that the seed decides.
 *
 * What does not fill a batch in one bucket is padded a little more and joins the next wider one, so that there are always
 * `ceil(rows / batchSize)` batches.
 *
 * @throws RetortError BATCH_ROW_TOO_LONG, BATCH_SIZE_NOT_POSITIVE
 */
export function bucketedBatches({ lengths, widths, batchSize, seed, epoch }: BatchRequest): Batch[] {
  if (!(Number.isInteger(batchSize) && batchSize > 0)) {
    throw new RetortError('BATCH_SIZE_NOT_POSITIVE', `A batch needs a whole number of rows above 0, got ${batchSize}.`);
  }
  const random = new RandomStream(streamKey(seed, 'batches', epoch));
  const order = random.shuffle(Int32Array.from({ length: lengths.length }, (_, row) => row));
  const batches: Batch[] = [];
  let waiting: number[] = [];
  for (const { width, rows } of buckets(order, { lengths, widths })) {
    const all = [...waiting, ...rows];
    const full = all.length - (all.length % batchSize);
    for (let start = 0; start < full; start += batchSize) {
      batches.push(batchOf(all.slice(start, start + batchSize), { batchSize, width }));
    }
    waiting = all.slice(full);
  }
  if (waiting.length > 0) {
    const longest = waiting.reduce((most, row) => Math.max(most, lengths[row] as number), 0);
    batches.push(batchOf(waiting, { batchSize, width: widthFor(longest, widths) as number }));
  }
  return random.shuffle(batches);
}

/** Rows of each width in the given order, narrow ones first; widths without rows are left out. */
function buckets(
  order: Int32Array,
  { lengths, widths }: Pick<BatchRequest, 'lengths' | 'widths'>,
): { width: number; rows: number[] }[] {
  const byWidth = new Map<number, number[]>(widths.map((width) => [width, []]));
  for (const row of order) {
    const length = lengths[row] as number;
    const width = widthFor(length, widths);
    if (width === undefined) throw rowTooLong(row, length, widths);
    byWidth.get(width)?.push(row);
  }
  return [...byWidth].map(([width, rows]) => ({ width, rows })).filter(({ rows }) => rows.length > 0);
}

function widthFor(length: number, widths: readonly number[]): number | undefined {
  return widths.find((width) => length <= width);
}

export function rowTooLong(row: number, length: number, widths: readonly number[]): RetortError {
  return new RetortError(
    'BATCH_ROW_TOO_LONG',
    `Row ${row} has ${length} tokens, but the widest batch has ${widths.at(-1) ?? 0}. Lower "maxSequenceLength" of the tokenize stage.`,
  );
}

function batchOf(rows: readonly number[], { batchSize, width }: { batchSize: number; width: number }): Batch {
  const filled = new Int32Array(batchSize).fill(rows[0] as number);
  filled.set(rows);
  return { rows: filled, rowCount: rows.length, width };
}

/**
 * Widths of training batches for rows of up to `maximum` tokens: 8, 10, 12, … 32, 36, … 64, 72, … 128, …, the last one `maximum`
 * itself. A row is padded by an eighth at most, and a bucket still holds rows of several lengths.
 */
export function trainingWidths(maximum: number): number[] {
  const widths = [8];
  for (let power = 8; power < maximum; power *= 2) {
    const step = Math.max(2, power / 8);
    for (let width = power + step; width <= 2 * power; width += step) widths.push(width);
  }
  return [...widths.filter((width) => width < maximum), maximum];
}

/**
 * Widths of batches that are evaluated: 8, 16, 24, 32, 48, 64, 96, 128, 192, …, the last one `maximum` itself. Finer ones would
 * save little padding and cost a compilation each, which packs all weights.
 */
export function bucketWidths(maximum: number): number[] {
  const widths = [8];
  for (let power = 16; power < maximum; power *= 2) widths.push(power, power * 1.5);
  return [...widths.filter((width) => width < maximum), maximum];
}
