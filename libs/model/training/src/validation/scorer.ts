import type { Work } from '@retort/foundation/work';
import type { MetricDefinition } from '../metrics/definition.ts';

/** A figure that validation gives, and how it is read. */
export type Measure = Pick<MetricDefinition, 'name' | 'title' | 'format' | 'better'>;

/** Scores the weights of a model as they are when it is asked, on rows that it does not learn from. */
export interface Scorer {
  /** What it gives. The first one chooses the weights that are kept. */
  readonly measures: readonly [Measure, ...Measure[]];
  /** How many rows it scores. */
  readonly rows: number;
  /** By name of the measure; NaN where it has no value. */
  readonly score: () => Promise<Readonly<Record<string, number>>>;
}

/** What scoring needs of whoever trains. */
export type ScoringWork = Pick<Work, 'throwIfInterrupted'>;

/** A held-out loss: the smaller the better. */
export function lossMeasure(name: string): Measure {
  return { name, title: name === 'loss' ? 'loss' : `${name} loss`, format: 'decimal', better: 'lower' };
}
