import type { Task } from '@retort/foundation/task';
import type { StageContext } from '@retort/plugin-kit';
import { type LabelValues, labelWidth } from '@retort/tables';
import { bootstrapInterval, type Interval, scoreText, type TaskMetric } from '@retort/training/metrics';
import type { evaluate } from './index.ts';

/** Where a model stands, by the metric that models are compared by. */
export interface Standing {
  /** NaN for a correlation with constants. */
  readonly score: number;
  /** Undefined where it has no ends. */
  readonly interval: Interval | undefined;
  /** What the best answer that is the same for every row scores. */
  readonly constant: number;
  /** Its whole interval is better than `constant`: it has learned something, by these rows. */
  readonly isAboveMajority: boolean;
}

export function standingOf(
  { config, seed }: StageContext<typeof evaluate>,
  { labels, predictions, task }: { labels: LabelValues; predictions: LabelValues; task: Task },
  { metric, constant }: { metric: TaskMetric; constant: number },
): Standing {
  const { confidence, bootstrapSamples: resamples } = config;
  const scored = { labels, predictions };
  const found =
    metric.interval?.(scored, confidence) ??
    bootstrapInterval(scored, { metric: metric.score, seed, resamples, confidence, width: labelWidth(task) });
  const interval = [found.value, found.low, found.high].every(Number.isFinite) ? found : undefined;
  const isAbove = (ends: Interval) => (metric.better === 'higher' ? ends.low > constant : ends.high < constant);
  return { score: found.value, interval, constant, isAboveMajority: interval !== undefined && isAbove(interval) };
}

/** `51.0 % accuracy (45.0 % to 57.0 %)` */
export function standingText({ score, interval }: Standing, metric: TaskMetric): string {
  const show = (value: number) => scoreText(value, metric);
  if (!Number.isFinite(score)) return `no ${metric.title}, since its answers are all the same`;
  return `${show(score)} ${metric.title}${interval ? ` (${show(interval.low)} to ${show(interval.high)})` : ''}`;
}

/** `not clearly better than always giving the same answer (50.2 %)` */
export function notAboveText({ constant }: Standing, metric: TaskMetric): string {
  return `not clearly better than always giving the same answer (${scoreText(constant, metric)})`;
}
