import type { GlueTask } from './task.ts';

/**
 * A submission file of the GLUE server: `index<TAB>prediction`, rows counted from 0 in the order of the test set.
 *
 * @param predictions  class indices, or scores, which are brought into the task's range
 */
export function submissionText({ labels }: GlueTask, predictions: ArrayLike<number>): string {
  const spell = (value: number) =>
    labels.kind === 'classes'
      ? (labels.values[value] as string)
      : Math.min(labels.maximum, Math.max(labels.minimum, value)).toFixed(3);
  const rows = Array.from(predictions, (value, row) => `${row}\t${spell(value)}\n`);
  return `index\tprediction\n${rows.join('')}`;
}
