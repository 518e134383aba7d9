import type { Int8Error, Tokens } from '@retort/columnar';
import type { ForwardPass } from '@retort/engine';
import { type Batch, bucketWidths, evaluationBatches, padTokens } from '@retort/training';
import { type Ragged, unpad } from './unpad.ts';

const SAMPLE_ROWS = 64;

interface Sums {
  squares: number;
  differences: number;
}

/** Signals of some rows, evenly spread, from the same teacher in int8 and in float32. */
export async function measureInt8Error({
  int8,
  float32,
  tokens,
  lengths,
  batchSize,
}: {
  int8: ForwardPass;
  float32: ForwardPass;
  tokens: Tokens;
  lengths: Int32Array;
  batchSize: number;
}): Promise<Int8Error> {
  const rows = evenlySpread(lengths.length, SAMPLE_ROWS);
  const sums = new Map<string, Sums>();
  for (const batch of batchesOf(rows, { lengths, batchSize, longest: tokens.metadata.maxSequenceLength })) {
    const inputs = padTokens(tokens, batch);
    const exact = unpad(await float32.run(inputs), { batch, lengths });
    const quantized = unpad(await int8.run(inputs), { batch, lengths });
    for (const [column, values] of Object.entries(exact)) add(sums, column, values, quantized[column] as Ragged);
  }
  const errors = [...sums].map(([kind, { squares, differences }]) => [kind, Math.sqrt(differences / squares)]);
  return { rows: rows.length, ...Object.fromEntries(errors) };
}

function evenlySpread(count: number, wanted: number): Int32Array {
  const size = Math.min(count, wanted);
  return Int32Array.from({ length: size }, (_, i) => Math.floor((i * count) / size));
}

function batchesOf(
  rows: Int32Array,
  { lengths, batchSize, longest }: { lengths: Int32Array; batchSize: number; longest: number },
): Batch[] {
  const own = rows.map((row) => lengths[row] as number);
  return evaluationBatches(own, { batchSize, widths: bucketWidths(longest) }).map((batch) => ({
    ...batch,
    rows: batch.rows.map((index) => rows[index] as number),
  }));
}

/** Columns of all layers count together: `hiddenStates.3` as `hiddenStates`. */
function add(sums: Map<string, Sums>, column: string, { values: exact }: Ragged, { values: quantized }: Ragged): void {
  const kind = column.split('.')[0] as string;
  const sum = sums.get(kind) ?? { squares: 0, differences: 0 };
  sums.set(kind, sum);
  for (let i = 0; i < exact.length; i++) {
    const value = exact[i] as number;
    sum.squares += value * value;
    sum.differences += (value - (quantized[i] as number)) ** 2;
  }
}
