import { countLabels } from './class-scores.ts';
import { type Metric, rowCount, type Values } from './values.ts';

/**
 * What the best answer that is the same for every row scores: what a model reaches without having learned anything.
 * Of classes that is the majority class, or the second of two where F1 counts only that one. A correlation with a
 * constant has no value; then 0.
 *
 * @param labels gold; of a multi-label task [rows, width], row by row
 * @param width numbers that belong to one row
 */
export function constantAnswerScore(labels: Values, metric: Metric, width = 1): number {
  rowCount({ labels, predictions: labels });
  const answers = width === 1 ? frequentRows(labels, 1).slice(0, 2) : constantLabels(labels, width);
  const scores = answers.map((answer) => {
    const predictions = Float64Array.from({ length: labels.length }, (_, i) => answer[i % width] as number);
    return metric({ labels, predictions });
  });
  return Math.max(...scores.map((score) => (Number.isNaN(score) ? 0 : score)));
}

/** The best sets of labels by exact match, by F1 over all labels at once, and by the mean of each label's F1. */
function constantLabels(labels: Values, width: number): number[][] {
  const [frequent] = frequentRows(labels, width);
  return [frequent as number[], mostFrequentLabels(labels, width), Array.from({ length: width }, () => 1)];
}

/** The most frequent labels, as many as give the largest F1 over all labels at once. */
function mostFrequentLabels(labels: Values, width: number): number[] {
  const { gold } = countLabels({ labels, predictions: labels }, width);
  const byCount = [...gold.keys()].sort((a, b) => (gold[b] as number) - (gold[a] as number));
  const total = gold.reduce((sum, count) => sum + count, 0);
  let [found, best, bestSize] = [0, 0, 0];
  for (const [i, label] of byCount.entries()) {
    found += gold[label] as number;
    const f1 = (2 * found) / ((labels.length / width) * (i + 1) + total);
    if (f1 > best) [best, bestSize] = [f1, i + 1];
  }
  const chosen = new Set(byCount.slice(0, bestSize));
  return Array.from({ length: width }, (_, label) => (chosen.has(label) ? 1 : 0));
}

/** Different rows, the most frequent first. */
function frequentRows(values: Values, width: number): number[][] {
  const counts = new Map<string, { row: number[]; count: number }>();
  for (let start = 0; start < values.length; start += width) {
    const row = Array.from({ length: width }, (_, i) => values[start + i] as number);
    const seen = counts.get(row.join());
    if (seen) seen.count++;
    else counts.set(row.join(), { row, count: 1 });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count).map(({ row }) => row);
}
