import { defineMetric } from './definition.ts';
import { pearsonCorrelation } from './pearson-correlation.ts';
import type { Scored, Values } from './values.ts';

/** Correlation of the ranks, -1…1, equal values sharing their average rank. NaN where either is constant. */
export function spearmanCorrelation({ labels, predictions }: Scored): number {
  return pearsonCorrelation({ labels: averageRanks(labels), predictions: averageRanks(predictions) });
}

/** Ranks from 1; equal values get the mean of the ranks that they take up together. */
export function averageRanks(values: Values): Float64Array {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i);
  order.sort((a, b) => (values[a] as number) - (values[b] as number));
  const ranks = new Float64Array(values.length);
  for (let start = 0, end = 0; start < order.length; start = end) {
    const value = values[order[start] as number];
    while (end < order.length && values[order[end] as number] === value) end++;
    for (let i = start; i < end; i++) ranks[order[i] as number] = (start + 1 + end) / 2;
  }
  return ranks;
}

export const spearmanMetric = defineMetric({
  name: 'spearman',
  description: 'Correlation of the ranks of predicted and gold numbers.',
  title: 'Spearman',
  format: 'decimal',
  better: 'higher',
  fits: ({ kind }) => kind === 'regression',
  score: spearmanCorrelation,
});
