import type { Task } from '@retort/foundation/task';
import type { Data } from 'apache-arrow';
import { numbersOf, raggedOf } from './column-values.ts';
import { float32Column, int32Column, int32ListColumn, type Ragged } from './columns.ts';

/**
 * Labels of rows in memory: int32 [rows] class indices; float32 [rows] for regression; or for multi-label int32 [rows,
 * labels], 1 where a label holds and 0 elsewhere.
 */
export type LabelValues = Int32Array | Float32Array;

/** Numbers of `LabelValues` for each row. */
export function labelWidth(task: Task | undefined): number {
  return task?.kind === 'multi-label' ? task.labels.length : 1;
}

export function labelColumn(values: LabelValues, task: Task | undefined): Data {
  if (values instanceof Float32Array) return float32Column(values);
  return task?.kind === 'multi-label' ? int32ListColumn(heldLabels(values, labelWidth(task))) : int32Column(values);
}

export function labelValues(data: Data, task: Task | undefined): LabelValues {
  if (task?.kind !== 'multi-label') return numbersOf<Int32Array | Float32Array>(data);
  const { values, offsets } = raggedOf<Int32Array>(data);
  const width = labelWidth(task);
  const flags = new Int32Array(data.length * width);
  for (let row = 0; row < data.length; row++)
    for (const label of values.subarray(offsets[row], offsets[row + 1])) flags[row * width + label] = 1;
  return flags;
}

/** Indices of the ones of each row. */
export function heldLabels(flags: Int32Array, width: number): Ragged<Int32Array> {
  const rows = flags.length / width;
  const values: number[] = [];
  const offsets = new Int32Array(rows + 1);
  for (let row = 0; row < rows; row++) {
    for (let label = 0; label < width; label++) if (flags[row * width + label] === 1) values.push(label);
    offsets[row + 1] = values.length;
  }
  return { values: Int32Array.from(values), offsets };
}
