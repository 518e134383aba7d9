import { type Confusion, countConfusion } from './confusion.ts';
import { defineMetric } from './definition.ts';
import { macroLabelF1Score } from './multi-label.ts';
import type { Scored } from './values.ts';

/** F1 of class 1 against the rest, the GLUE metric of MRPC and QQP, 0…1. 0 where class 1 is neither gold nor predicted. */
export function f1Score(scored: Scored): number {
  return f1OfClass(countConfusion(scored), 1);
}

/** Unweighted mean of each class's F1, over classes that are gold or predicted at least once, 0…1. */
export function macroF1Score(scored: Scored): number {
  const confusion = countConfusion(scored);
  const present = [...confusion.gold.keys()].filter((label) => occurrences(confusion, label) > 0);
  return present.reduce((sum, label) => sum + f1OfClass(confusion, label), 0) / present.length;
}

function f1OfClass(confusion: Confusion, label: number): number {
  const total = occurrences(confusion, label);
  return total === 0 ? 0 : (2 * (confusion.both[label] ?? 0)) / total;
}

function occurrences({ gold, predicted }: Confusion, label: number): number {
  return (gold[label] ?? 0) + (predicted[label] ?? 0);
}

export const f1Metric = defineMetric({
  name: 'f1',
  description: 'F1 of the second of two classes.',
  title: 'F1',
  format: 'percent',
  better: 'higher',
  fits: (task) => task.kind === 'classes' && task.labels.length === 2,
  score: f1Score,
});

export const macroF1Metric = defineMetric({
  name: 'macroF1',
  description: 'Mean F1 of all labels, so rare labels count as much as frequent ones.',
  title: 'macro F1',
  format: 'percent',
  better: 'higher',
  fits: ({ kind }) => kind !== 'regression',
  score: (scored, { task }) =>
    task.kind === 'multi-label' ? macroLabelF1Score(scored, task.labels.length) : macroF1Score(scored),
});
