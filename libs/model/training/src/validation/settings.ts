import type { MetricSetting } from '../metrics/list.ts';

/** How a model is scored while it trains, as the schema resolves it. */
export interface ValidationSettings {
  /** Left out: at the end of each epoch. */
  readonly everySteps?: number;
  /** Left out: all. */
  readonly maxRows?: number;
  /** Left out: the usual one of the task. */
  readonly metric?: MetricSetting;
  readonly keep: 'best' | 'last';
  readonly patience?: number;
  readonly minDelta?: number;
}
