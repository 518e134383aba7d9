import { rowCount, type Scored } from './values.ts';

/** Mean of (prediction - label)², in squared label units. Lower is better. */
export function meanSquaredError(scored: Scored): number {
  const { labels, predictions } = scored;
  const rows = rowCount(scored);
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += ((predictions[row] as number) - (labels[row] as number)) ** 2;
  return sum / rows;
}
