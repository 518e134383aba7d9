import type { Answers } from '@retort/distillation/signals';
import { type InputTensor, inputValues } from '@retort/engine';
import type { Batch } from '../batches.ts';
import { axesOf, eachRun, sizeOf } from './position-runs.ts';

export interface Ragged {
  readonly values: Float32Array;
  readonly offsets: Int32Array;
}

/** The first `lengths` positions of each row, such as the valid ones: hidden states [batch, width, hidden] to [length, hidden] a row, scores [batch, heads, width, width] to [heads, length, length]. */
export function unpad(
  answers: Answers<InputTensor>,
  { batch, lengths }: { batch: Batch; lengths: Int32Array },
): Answers<Ragged> {
  return answers.map((tensor, { signal }) => {
    const data = inputValues(tensor);
    const axes = axesOf(signal.axes, tensor.shape);
    const offsets = new Int32Array(batch.rows.length + 1);
    for (const [i, row] of batch.rows.entries())
      offsets[i + 1] = (offsets[i] as number) + sizeOf(axes, lengths[row] as number);
    const values = new Float32Array(offsets.at(-1) as number);
    const padded = sizeOf(axes, batch.width);
    for (const [i, row] of batch.rows.entries())
      eachRun(axes, { from: batch.width, to: lengths[row] as number }, (source, count, target) => {
        const from = i * padded + source;
        values.set(data.subarray(from, from + count), (offsets[i] as number) + target);
      });
    return { values, offsets };
  });
}
