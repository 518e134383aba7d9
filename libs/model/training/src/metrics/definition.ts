import type { Extension, ExtensionSchema, SettingsOf } from '@retort/foundation/extensions';
import type { Task } from '@retort/foundation/task';
import type { Interval } from './interval.ts';
import type { Scored } from './values.ts';

/** What a metric may need to know besides labels and predictions. */
export interface ScoredBy<Settings> {
  readonly task: Task;
  readonly settings: Settings;
}

/** A figure for how good answers are. The first one in the list that fits a task is the usual one for it. */
export interface MetricDefinition<Schema extends ExtensionSchema = ExtensionSchema> extends Extension {
  readonly schema?: Schema;
  /** What tables and sentences call it. */
  readonly title: string;
  /** How it is shown; `percent` of a share from 0 to 1. */
  readonly format: 'percent' | 'decimal';
  readonly better: 'higher' | 'lower';
  /** Whether answers to the task can be scored by it. */
  readonly fits: (task: Task) => boolean;
  /**
   * The score of at least one row; NaN where there is none, such as the correlation with a constant. It is called for each
   * resample of the rows too.
   */
  readonly score: (scored: Scored, by: ScoredBy<SettingsOf<Schema>>) => number;
  /** A confidence interval by a formula. Where it is missing, or gives none, rows are resampled. */
  readonly interval?: (scored: Scored, confidence: number) => Interval | undefined;
}

/** Types the settings by their schema; erases them, so that all metrics fit one list. */
export function defineMetric<const Schema extends ExtensionSchema>(metric: MetricDefinition<Schema>): MetricDefinition {
  return metric as unknown as MetricDefinition;
}
