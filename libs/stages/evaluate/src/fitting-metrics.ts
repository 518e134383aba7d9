import type { EvaluateConfig } from './config.generated.ts';

export type MetricName = NonNullable<EvaluateConfig['metric']>;

/** The metrics that labels can be scored by, the usual one first. Imports nothing, since planning asks as well. */
export function fittingMetrics({
  labels,
  multiLabel,
}: {
  readonly labels?: readonly string[];
  readonly multiLabel?: true;
}): MetricName[] {
  if (multiLabel) return ['microF1', 'macroF1', 'exactMatch'];
  if (labels?.length === 0) return ['pearson', 'spearman'];
  return labels?.length === 2 ? ['accuracy', 'f1', 'macroF1', 'matthews'] : ['accuracy', 'macroF1', 'matthews'];
}
