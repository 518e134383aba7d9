import { countConfusion } from './confusion.ts';
import { rowCount, type Scored } from './values.ts';

/** How well one class, or one label of several, is found. 0 where a share is of nothing. */
export interface ClassScore {
  /** Of the rows predicted as the class, the share that is. */
  readonly precision: number;
  /** Of the rows of the class, the share that is predicted as it. */
  readonly recall: number;
  /** Harmonic mean of the two. */
  readonly f1: number;
  /** Rows of the class. */
  readonly support: number;
}

/** A score for each of `classes` classes, by class id. */
export function classScores(scored: Scored, classes: number): ClassScore[] {
  const { gold, predicted, both } = countConfusion(scored);
  return Array.from({ length: classes }, (_, id) => scoreOf(gold[id] ?? 0, predicted[id] ?? 0, both[id] ?? 0));
}

/**
 * A score for each of several labels that do not exclude each other.
 *
 * @param scored  [rows, labels] each, row by row: 1 where a label holds and 0 elsewhere
 */
export function labelScores(scored: Scored, labels: number): ClassScore[] {
  const { gold, predicted, both } = countLabels(scored, labels);
  return Array.from({ length: labels }, (_, id) =>
    scoreOf(gold[id] as number, predicted[id] as number, both[id] as number),
  );
}

/** How often each label was gold, predicted, and both. */
export function countLabels(scored: Scored, labels: number): Record<'gold' | 'predicted' | 'both', Float64Array> {
  const counts = {
    gold: new Float64Array(labels),
    predicted: new Float64Array(labels),
    both: new Float64Array(labels),
  };
  const flags = rowCount(scored);
  for (let i = 0; i < flags; i++) {
    const [label, prediction] = [scored.labels[i] as number, scored.predictions[i] as number];
    counts.gold[i % labels]! += label;
    counts.predicted[i % labels]! += prediction;
    counts.both[i % labels]! += label * prediction;
  }
  return counts;
}

function scoreOf(gold: number, predicted: number, both: number): ClassScore {
  return {
    precision: share(both, predicted),
    recall: share(both, gold),
    f1: share(2 * both, gold + predicted),
    support: gold,
  };
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
