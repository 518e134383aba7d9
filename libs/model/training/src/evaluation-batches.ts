import { type Batch, rowTooLong } from './batches.ts';

interface EvaluationBatches {
  readonly batchSize: number;
  /** Widths that a batch may have, ascending, for a pass that is compiled for each. Left out: its longest row's. */
  readonly widths?: readonly number[];
}

/**
 * Each row once, none added, those of similar length together, so that padding is small. The longest come first: what a
 * pass takes at most, in memory and time, shows at once. Order carries no meaning.
 *
 * @throws RetortError BATCH_ROW_TOO_LONG
 */
export function evaluationBatches(lengths: Int32Array, { batchSize, widths }: EvaluationBatches): Batch[] {
  const lengthOf = (row: number | undefined) => lengths[row as number] as number;
  const order = Int32Array.from(lengths.keys()).sort((a, b) => lengthOf(b) - lengthOf(a) || a - b);
  const widthOf = (row: number): number => {
    if (widths === undefined) return lengthOf(row);
    const width = widths.find((each) => lengthOf(row) <= each);
    if (width === undefined) throw rowTooLong(row, lengthOf(row), widths);
    return width;
  };
  const batches: Batch[] = [];
  for (let begin = 0, end = 0; begin < order.length; begin = end) {
    const width = widthOf(order[begin] as number);
    const isTogether = (row: number | undefined) => widths === undefined || widthOf(row as number) === width;
    while (end < order.length && end - begin < batchSize && isTogether(order[end])) end++;
    batches.push({ rows: order.slice(begin, end), rowCount: end - begin, width });
  }
  return batches;
}
