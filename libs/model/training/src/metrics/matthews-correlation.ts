import { countConfusion } from './confusion.ts';
import { defineMetric } from './definition.ts';
import type { Scored } from './values.ts';

/**
 * Matthews correlation of any number of classes, -1…1, the GLUE metric of CoLA. 0 where all labels or all predictions
 * are one class, which is what always answering the majority class scores.
 *
 * @see Gorodkin 2004, the R_K statistic
 */
export function matthewsCorrelation(scored: Scored): number {
  const { rows, gold, predicted, both } = countConfusion(scored);
  const squaredRows = rows * rows;
  const covariance = sum(both) * rows - dot(gold, predicted);
  const variance = (squaredRows - dot(gold, gold)) * (squaredRows - dot(predicted, predicted));
  return variance === 0 ? 0 : covariance / Math.sqrt(variance);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((total, value, i) => total + value * (b[i] as number), 0);
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

export const matthewsMetric = defineMetric({
  name: 'matthews',
  description: 'Matthews correlation of predicted and gold classes.',
  title: 'Matthews',
  format: 'decimal',
  better: 'higher',
  fits: ({ kind }) => kind === 'classes',
  score: matthewsCorrelation,
});
