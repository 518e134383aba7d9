import { labelsOfTask } from '@retort/foundation/task';
import { countLabels, labelScores } from './class-scores.ts';
import { defineMetric } from './definition.ts';
import { rowCount, type Scored } from './values.ts';

// What every function here takes: [rows, labels] each, row by row, 1 where a label holds and 0 elsewhere.

/** F1 over all labels of all rows at once, 0…1: frequent labels weigh more. 0 where nothing is gold or predicted. */
export function microF1Score(scored: Scored, labels: number): number {
  const { gold, predicted, both } = countLabels(scored, labels);
  const total = sum(gold) + sum(predicted);
  return total === 0 ? 0 : (2 * sum(both)) / total;
}

/** Unweighted mean of each label's F1, 0…1. A label that is neither gold nor predicted counts as 0. */
export function macroLabelF1Score(scored: Scored, labels: number): number {
  return labelScores(scored, labels).reduce((total, { f1 }) => total + f1, 0) / labels;
}

/** Share of rows all of whose labels are right, 0…1. */
export function exactMatch({ labels: gold, predictions }: Scored, labels: number): number {
  const rows = rowCount({ labels: gold, predictions }) / labels;
  let right = 0;
  for (let row = 0; row < rows; row++) {
    const isRight = (label: number) => gold[row * labels + label] === predictions[row * labels + label];
    let label = 0;
    while (label < labels && isRight(label)) label++;
    if (label === labels) right++;
  }
  return right / rows;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

export const microF1Metric = defineMetric({
  name: 'microF1',
  description: 'F1 over all labels of all rows together.',
  title: 'micro F1',
  format: 'percent',
  better: 'higher',
  fits: ({ kind }) => kind === 'multi-label',
  score: (scored, { task }) => microF1Score(scored, labelsOfTask(task).length),
});

export const exactMatchMetric = defineMetric({
  name: 'exactMatch',
  description: 'Share of rows in which every label is right.',
  title: 'all labels right',
  format: 'percent',
  better: 'higher',
  fits: ({ kind }) => kind === 'multi-label',
  score: (scored, { task }) => exactMatch(scored, labelsOfTask(task).length),
});
