import type { BertConfig } from './config.ts';
import type { NamedArrays } from './safetensors.ts';

/** Whether a model gives every text the same, whichever segment it is in: then nothing is lost with the segment embeddings. */
export function ignoresSegments(values: NamedArrays, { segmentTypes }: BertConfig): boolean {
  const table = valuesOf(values, 'embeddings.segment');
  const width = table.length / segmentTypes;
  const first = table.subarray(0, width);
  return Array.from({ length: segmentTypes }, (_, i) => table.subarray(i * width, (i + 1) * width)).every((row) =>
    row.every((value, unit) => value === first[unit]),
  );
}

/** Parameters of the same model without segment embeddings: the first segment's are added to every position's. */
export function withoutSegments(values: NamedArrays, { hiddenSize }: BertConfig): NamedArrays {
  const segment = valuesOf(values, 'embeddings.segment');
  const positions = valuesOf(values, 'embeddings.position').map(
    (value, i) => value + (segment[i % hiddenSize] as number),
  );
  const { shape } = values.get('embeddings.position') as { shape: readonly number[] };
  const kept = [...values].filter(([name]) => name !== 'embeddings.segment');
  return new Map([...kept, ['embeddings.position', { shape, values: positions }]]);
}

function valuesOf(values: NamedArrays, name: string): Float32Array {
  return (values.get(name) as { values: Float32Array }).values;
}
