import type { Ragged, SignalColumn, SignalsDtype, SignalsMetadata } from '@retort/tables';

export const SIGNALS_METADATA: SignalsMetadata = {
  teacherDigest: 't',
  tokensDigest: 'k',
  tokenizerDigest: 'v',
  dtype: 'float16',
  teacherLayers: 2,
  hiddenSize: 4,
  heads: 2,
  maskConvention: 'valid positions only, scores before softmax and mask',
};

export const SIGNAL_NAMES = ['logits', 'hiddenStates.0', 'hiddenStates.2', 'attentionScores.2'];

export function signalColumns(
  names: readonly string[] = SIGNAL_NAMES,
  dtype: SignalsDtype = 'float16',
): SignalColumn[] {
  return names.map((name) => ({ name, dtype: name === 'logits' ? 'float32' : dtype, description: `Column ${name}` }));
}

/** Row r has length 1 + r % 5; every value is exact in float16 and tells row, column and position apart. */
export function signalRow(row: number, column: string): Float32Array {
  const length = 1 + (row % 5);
  const count = column === 'logits' ? 2 : column.startsWith('hidden') ? length * 4 : 2 * length * length;
  const shift = { logits: 0.25, 'hiddenStates.0': 0, 'hiddenStates.2': 0.5, 'attentionScores.2': 0.75 }[column] ?? 0;
  return Float32Array.from({ length: count }, (_, i) => ((row * 7 + i) % 512) + shift);
}

export function signalRows(rows: readonly number[], column: string): Ragged<Float32Array> {
  const parts = rows.map((row) => signalRow(row, column));
  const offsets = new Int32Array(rows.length + 1);
  parts.forEach((part, i) => {
    offsets[i + 1] = (offsets[i] as number) + part.length;
  });
  return { values: Float32Array.from(parts.flatMap((part) => [...part])), offsets };
}
