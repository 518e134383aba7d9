import type { Task } from '@retort/foundation/task';
import { type GlueOrigin, labelWidth } from '@retort/tables';
import { glueTask } from '@retort/tables/glue';
import {
  accuracy,
  exactMatch,
  f1Score,
  type Metric,
  macroF1Score,
  macroLabelF1Score,
  matthewsCorrelation,
  microF1Score,
  pearsonCorrelation,
  spearmanCorrelation,
} from '@retort/training/metrics';
import { fittingMetrics, type MetricName } from './fitting-metrics.ts';

/** A metric as tables show it. */
export interface NamedMetric {
  readonly name: MetricName;
  readonly title: string;
  readonly format: 'percent' | 'decimal';
  readonly score: Metric;
}

/** Every metric that fits the labels. Models are compared by the first: as chosen, as GLUE compares them, or the usual one. */
export function metricsOf(
  task: Task,
  { chosen, glue }: { chosen?: MetricName | undefined; glue?: GlueOrigin | undefined },
): [NamedMetric, ...NamedMetric[]] {
  const fitting = fittingMetrics(task);
  const first = chosen ?? (glue && glueTask(glue.task).metrics[0]) ?? (fitting[0] as MetricName);
  const others = fitting.filter((name) => name !== first);
  return [namedMetric(first, task), ...others.map((name) => namedMetric(name, task))];
}

function namedMetric(name: MetricName, task: Task): NamedMetric {
  const width = labelWidth(task);
  const share = (title: string, score: Metric): NamedMetric => ({ name, title, format: 'percent', score });
  const correlation = (title: string, score: Metric): NamedMetric => ({ name, title, format: 'decimal', score });
  switch (name) {
    case 'accuracy':
      return share('accuracy', accuracy);
    case 'f1':
      return share('F1', f1Score);
    case 'macroF1':
      return share(
        'macro F1',
        task.kind === 'multi-label' ? (scored) => macroLabelF1Score(scored, width) : macroF1Score,
      );
    case 'microF1':
      return share('micro F1', (scored) => microF1Score(scored, width));
    case 'exactMatch':
      return share('all labels right', (scored) => exactMatch(scored, width));
    case 'matthews':
      return correlation('Matthews', matthewsCorrelation);
    case 'pearson':
      return correlation('Pearson', pearsonCorrelation);
    case 'spearman':
      return correlation('Spearman', spearmanCorrelation);
  }
}

/** A score as sentences have it. */
export function scoreText(value: number, { format }: Pick<NamedMetric, 'format'>): string {
  return format === 'percent' ? `${(value * 100).toFixed(1)} %` : value.toFixed(3);
}
