import { choiceSchema, extensionPoint, nameSchema } from '@retort/foundation/extensions';
import type { Task } from '@retort/foundation/task';
import { accuracyMetric } from './accuracy.ts';
import type { MetricDefinition } from './definition.ts';
import { f1Metric, macroF1Metric } from './f1-score.ts';
import { matthewsMetric } from './matthews-correlation.ts';
import { exactMatchMetric, microF1Metric } from './multi-label.ts';
import { pearsonMetric } from './pearson-correlation.ts';
import { spearmanMetric } from './spearman-correlation.ts';

export const metrics = extensionPoint<MetricDefinition>('metrics', [
  accuracyMetric,
  f1Metric,
  microF1Metric,
  macroF1Metric,
  exactMatchMetric,
  matthewsMetric,
  pearsonMetric,
  spearmanMetric,
]);

/** The metrics that answers to a task can be scored by, the usual one first. */
export function fittingMetrics(task: Task): MetricDefinition[] {
  return metrics.all().filter(({ fits }) => fits(task));
}

/** A metric in settings: its name, or for one with settings of its own these, with its name as `kind`. */
export type MetricSetting = string | { readonly kind: string };

export function metricName(setting: MetricSetting): string {
  return typeof setting === 'string' ? setting : setting.kind;
}

/** The schema of a `MetricSetting`, with what plug-ins bring. */
export function metricSchema(description: string): Readonly<Record<string, unknown>> {
  const [plain, configured] = [false, true].map((hasSettings) =>
    metrics.all().filter(({ schema }) => (schema !== undefined) === hasSettings),
  ) as [MetricDefinition[], MetricDefinition[]];
  const $comment = "TypeScript: import('@retort/training/metrics').MetricSetting";
  const name = nameSchema(plain, description);
  if (configured.length === 0) return { ...name, $comment };
  return { description, $comment, anyOf: [name, choiceSchema(configured, 'A metric with settings.')] };
}
