import { type HostTensors, type InputTensor, inputValues } from '@retort/engine';
import type { Batch } from '../batches.ts';

export interface Ragged {
  readonly values: Float32Array;
  readonly offsets: Int32Array;
}

/** The first `lengths` positions of each row, such as the valid ones: hidden states [batch, width, hidden] to [length, hidden] a row, scores [batch, heads, width, width] to [heads, length, length]. */
export function unpad(results: HostTensors, at: { batch: Batch; lengths: Int32Array }): Record<string, Ragged> {
  return Object.fromEntries(
    Object.entries(results).map(([name, tensor]) => [
      name,
      tensor.shape.length === 4 ? unpadScores(tensor, at) : unpadRows(tensor, at),
    ]),
  );
}

function unpadRows(tensor: InputTensor, { batch, lengths }: { batch: Batch; lengths: Int32Array }): Ragged {
  const data = inputValues(tensor);
  const { shape } = tensor;
  const size = shape.at(-1) as number;
  const isSequence = shape.length === 3;
  const counts = Array.from(batch.rows, (row) => (isSequence ? (lengths[row] as number) : 1) * size);
  const ragged = emptyRagged(counts);
  const stride = isSequence ? batch.width * size : size;
  for (const [i, count] of counts.entries())
    ragged.values.set(data.subarray(i * stride, i * stride + count), ragged.offsets[i]);
  return ragged;
}

function unpadScores(tensor: InputTensor, { batch, lengths }: { batch: Batch; lengths: Int32Array }): Ragged {
  const data = inputValues(tensor);
  const heads = tensor.shape[1] as number;
  const ragged = emptyRagged(Array.from(batch.rows, (row) => heads * (lengths[row] as number) ** 2));
  let to = 0;
  for (const [i, row] of batch.rows.entries()) {
    const length = lengths[row] as number;
    for (let head = 0; head < heads; head++) {
      for (let query = 0; query < length; query++, to += length) {
        const from = ((i * heads + head) * batch.width + query) * batch.width;
        ragged.values.set(data.subarray(from, from + length), to);
      }
    }
  }
  return ragged;
}

function emptyRagged(counts: readonly number[]): Ragged {
  const offsets = new Int32Array(counts.length + 1);
  for (const [i, count] of counts.entries()) offsets[i + 1] = (offsets[i] as number) + count;
  return { values: new Float32Array(offsets.at(-1) as number), offsets };
}
