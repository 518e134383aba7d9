import { type Batch, rowTooLong } from './batches.ts';

/** Rows in ascending order of length, so that padding is small; each row once, none added. Order carries no meaning. @throws RetortError BATCH_ROW_TOO_LONG */
export function evaluationBatches(
  lengths: Int32Array,
  { batchSize, widths }: { batchSize: number; widths: readonly number[] },
): Batch[] {
  const order = Int32Array.from(lengths.keys()).sort(
    (a, b) => (lengths[a] as number) - (lengths[b] as number) || a - b,
  );
  const batches: Batch[] = [];
  let begin = 0;
  for (const width of widths) {
    let end = begin;
    while (end < order.length && (lengths[order[end] as number] as number) <= width) end++;
    for (let start = begin; start < end; start += batchSize) {
      const rows = order.slice(start, Math.min(start + batchSize, end));
      batches.push({ rows, rowCount: rows.length, width });
    }
    begin = end;
  }
  const [row] = order.subarray(begin);
  if (row !== undefined) throw rowTooLong(row, lengths[row] as number, widths);
  return batches;
}
