import type { SignalsNeeded } from '@retort/distillation/loss-block';
import type { HostTensors, InputTensor } from '@retort/engine';
import { attentionScoresColumn, hiddenStatesColumn, type Signals } from '@retort/tables';
import type { Batch } from '../batches.ts';
import { attentionInput, hiddenInput, LOGITS_INPUT } from './distillation-program.ts';

/**
 * Teacher signals of one batch, padded with zeros to its width: hidden states [batch, width, hidden] and attention
 * scores [batch, heads, width, width] in the dtype of the file, logits float32 [batch, classes]. Signals that are stored with their padding
 * have the teacher's own values there, cut to the width: how far a row is padded makes no difference to them.
 *
 * @param lengths tokens of each row
 */
export function padSignals({
  signals,
  needed,
  batch,
  lengths,
}: {
  signals: Signals;
  needed: SignalsNeeded;
  batch: Batch;
  lengths: Int32Array;
}): HostTensors {
  const { rows, width } = batch;
  const { dtype, hiddenSize, heads, paddedLength } = signals.metadata;
  const stored = paddedLength === undefined ? lengths : new Int32Array(lengths.length).fill(paddedLength);
  const inputs: Record<string, InputTensor> = {};
  const arrayOf = (length: number) => (dtype === 'float16' ? new Uint16Array(length) : new Float32Array(length));
  for (const layer of needed.hiddenStates) {
    const data = arrayOf(rows.length * width * hiddenSize);
    signals.copyRows(rows, hiddenStatesColumn(layer), data, (i, copy) => {
      const used = Math.min(width, stored[rows[i] as number] as number);
      copy(0, used * hiddenSize, i * width * hiddenSize);
    });
    inputs[hiddenInput(layer)] = { data, shape: [rows.length, width, hiddenSize] };
  }
  for (const layer of needed.attentionScores) {
    const data = arrayOf(rows.length * heads * width * width);
    signals.copyRows(rows, attentionScoresColumn(layer), data, (i, copy) => {
      const length = stored[rows[i] as number] as number;
      const used = Math.min(width, length);
      for (let head = 0; head < heads; head++)
        for (let query = 0; query < used; query++)
          copy((head * length + query) * length, used, ((i * heads + head) * width + query) * width);
    });
    inputs[attentionInput(layer)] = { data, shape: [rows.length, heads, width, width] };
  }
  if (needed.logits) {
    const { values } = signals.readRows(rows, 'logits');
    inputs[LOGITS_INPUT] = { data: values, shape: [rows.length, values.length / rows.length] };
  }
  return inputs;
}
