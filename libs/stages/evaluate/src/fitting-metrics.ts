import type { Task } from '@retort/foundation/task';
import type { EvaluateConfig } from './config.generated.ts';

export type MetricName = NonNullable<EvaluateConfig['metric']>;

/** The metrics that labels can be scored by, the usual one first. Imports nothing, since planning asks as well. */
export function fittingMetrics(task: Task): MetricName[] {
  switch (task.kind) {
    case 'classes':
      return task.labels.length === 2 ? ['accuracy', 'f1', 'macroF1', 'matthews'] : ['accuracy', 'macroF1', 'matthews'];
    case 'multi-label':
      return ['microF1', 'macroF1', 'exactMatch'];
    case 'regression':
      return ['pearson', 'spearman'];
  }
}
