import { rowCount, type Scored } from './values.ts';

/** How often each class was gold, predicted, and both. Indexed by class id; classes are whole numbers from 0. */
export interface Confusion {
  readonly rows: number;
  readonly gold: Float64Array;
  readonly predicted: Float64Array;
  readonly both: Float64Array;
}

export function countConfusion(scored: Scored): Confusion {
  const { labels, predictions } = scored;
  const rows = rowCount(scored);
  const classes = 1 + Math.max(largest(labels), largest(predictions));
  const [gold, predicted, both] = [new Float64Array(classes), new Float64Array(classes), new Float64Array(classes)];
  for (let row = 0; row < rows; row++) {
    const [label, prediction] = [labels[row] as number, predictions[row] as number];
    gold[label]!++;
    predicted[prediction]!++;
    if (label === prediction) both[label]!++;
  }
  return { rows, gold, predicted, both };
}

/** Rows by gold class, then by predicted class: `matrix[gold][predicted]`. */
export function confusionMatrix({ labels, predictions }: Scored, classes: number): number[][] {
  const rows = rowCount({ labels, predictions });
  const matrix = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0));
  for (let row = 0; row < rows; row++) matrix[labels[row] as number]![predictions[row] as number]! += 1;
  return matrix;
}

function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i] as number);
  return most;
}
