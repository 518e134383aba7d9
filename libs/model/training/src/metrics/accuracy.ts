import { defineMetric } from './definition.ts';
import { rowCount, type Scored } from './values.ts';
import { isWilsonConfidence, wilsonInterval } from './wilson-interval.ts';

/** Share of rows whose predicted class is the gold class, 0…1. */
export function accuracy(scored: Scored): number {
  return correctRows(scored) / rowCount(scored);
}

/** How many rows are right. */
export function correctRows({ labels, predictions }: Scored): number {
  let correct = 0;
  for (let row = 0; row < labels.length; row++) if (labels[row] === predictions[row]) correct++;
  return correct;
}

export const accuracyMetric = defineMetric({
  name: 'accuracy',
  description: 'Share of rows whose predicted class is the gold class.',
  title: 'accuracy',
  format: 'percent',
  better: 'higher',
  fits: ({ kind }) => kind === 'classes',
  score: accuracy,
  interval: (scored, confidence) =>
    isWilsonConfidence(confidence)
      ? wilsonInterval({ successes: correctRows(scored), trials: rowCount(scored), confidence })
      : undefined,
});
