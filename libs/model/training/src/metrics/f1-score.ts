import { type Confusion, countConfusion } from './confusion.ts';
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
