import { defineMetric } from './definition.ts';
import { rowCount, type Scored, type Values } from './values.ts';

/** Linear correlation of predictions and labels, -1…1. NaN where either is constant, since then there is none. */
export function pearsonCorrelation(scored: Scored): number {
  const { labels, predictions } = scored;
  const rows = rowCount(scored);
  const [labelMean, predictionMean] = [meanOf(labels), meanOf(predictions)];
  let [covariance, labelVariance, predictionVariance] = [0, 0, 0];
  for (let row = 0; row < rows; row++) {
    const label = (labels[row] as number) - labelMean;
    const prediction = (predictions[row] as number) - predictionMean;
    covariance += label * prediction;
    labelVariance += label * label;
    predictionVariance += prediction * prediction;
  }
  const scale = Math.sqrt(labelVariance) * Math.sqrt(predictionVariance);
  return scale === 0 ? Number.NaN : Math.min(1, Math.max(-1, covariance / scale));
}

function meanOf(values: Values): number {
  const first = values[0] as number;
  let sum = 0;
  // Around the first value, so that a constant has exactly its own mean and a variance of 0.
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) - first;
  return first + sum / values.length;
}

export const pearsonMetric = defineMetric({
  name: 'pearson',
  description: 'Linear correlation of predicted and gold numbers.',
  title: 'Pearson',
  format: 'decimal',
  better: 'higher',
  fits: ({ kind }) => kind === 'regression',
  score: pearsonCorrelation,
});
