import type { Task } from '@retort/foundation/task';
import type { StageContext } from '@retort/plugin-kit';
import { type LabelValues, labelWidth } from '@retort/tables';
import { bootstrapInterval, correctRows, type Interval, wilsonInterval } from '@retort/training/metrics';
import type { evaluate } from './index.ts';
import { type NamedMetric, scoreText } from './metrics.ts';

/** Where a model stands, by the metric that models are compared by. */
export interface Standing {
  /** NaN for a correlation with constants. */
  readonly score: number;
  /** Undefined where it has no ends. */
  readonly interval: Interval | undefined;
  /** What the best answer that is the same for every row scores. */
  readonly constant: number;
  /** Its whole interval lies above `constant`: it has learned something, by these rows. */
  readonly isAboveMajority: boolean;
}

export function standingOf(
  { config, seed }: StageContext<typeof evaluate>,
  { labels, predictions, task }: { labels: LabelValues; predictions: LabelValues; task: Task },
  { metric, constant }: { metric: NamedMetric; constant: number },
): Standing {
  const { confidence, bootstrapSamples: resamples } = config;
  const scored = { labels, predictions };
  const found =
    metric.name === 'accuracy' && (confidence === 0.9 || confidence === 0.95 || confidence === 0.99)
      ? wilsonInterval({ successes: correctRows(scored), trials: labels.length, confidence })
      : bootstrapInterval(scored, { metric: metric.score, seed, resamples, confidence, width: labelWidth(task) });
  const interval = [found.value, found.low, found.high].every(Number.isFinite) ? found : undefined;
  return { score: found.value, interval, constant, isAboveMajority: interval !== undefined && interval.low > constant };
}

/** `51.0 % accuracy (45.0 % to 57.0 %)` */
export function standingText({ score, interval }: Standing, metric: NamedMetric): string {
  const show = (value: number) => scoreText(value, metric);
  if (!Number.isFinite(score)) return `no ${metric.title}, since its answers are all the same`;
  return `${show(score)} ${metric.title}${interval ? ` (${show(interval.low)} to ${show(interval.high)})` : ''}`;
}

/** `not clearly better than always giving the same answer (50.2 %)` */
export function notAboveText({ constant }: Standing, metric: NamedMetric): string {
  return `not clearly better than always giving the same answer (${scoreText(constant, metric)})`;
}
