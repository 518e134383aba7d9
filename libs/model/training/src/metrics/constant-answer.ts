import type { Task } from '@retort/foundation/task';
import { countLabels } from './class-scores.ts';
import { quantile } from './quantile.ts';
import { type Metric, rowCount, type Values } from './values.ts';

/**
 * What the best answer that is the same for every row scores: what a model reaches without having learned anything.
 * Of classes that is the majority class, or the second of two where F1 counts only that one; of numbers their mean or
 * median. A correlation with a constant has no value; then 0.
 *
 * @param labels gold; of a multi-label task [rows, labels], row by row
 */
export function constantAnswerScore(
  labels: Values,
  { task, metric, better = 'higher' }: { task: Task; metric: Metric; better?: 'higher' | 'lower' },
): number {
  rowCount({ labels, predictions: labels });
  const answers = constantAnswers(labels, task);
  const width = (answers[0] as number[]).length;
  const scores = answers.map((answer) => {
    const predictions = Float64Array.from({ length: labels.length }, (_, i) => answer[i % width] as number);
    return metric({ labels, predictions });
  });
  return better === 'higher'
    ? Math.max(...scores.map((score) => (Number.isNaN(score) ? 0 : score)))
    : Math.min(...scores.filter((score) => !Number.isNaN(score)));
}

function constantAnswers(labels: Values, task: Task): number[][] {
  switch (task.kind) {
    case 'classes':
      return frequentRows(labels, 1).slice(0, 2);
    case 'multi-label':
      return constantLabels(labels, task.labels.length);
    case 'regression': {
      const sorted = Float64Array.from(labels).sort();
      return [[sorted.reduce((sum, value) => sum + value, 0) / sorted.length], [quantile(sorted, 0.5)]];
    }
  }
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
