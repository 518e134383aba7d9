import type { Task } from '@retort/foundation/task';
import type { GlueOrigin } from '@retort/tables';
import { glueTask } from '@retort/tables/glue';
import type { MetricDefinition } from './definition.ts';
import { fittingMetrics, type MetricSetting, metricName, metrics } from './list.ts';
import type { Metric } from './values.ts';

/** A metric with its settings, for the answers to one task. */
export interface TaskMetric extends Pick<MetricDefinition, 'name' | 'title' | 'format' | 'better' | 'interval'> {
  readonly score: Metric;
}

/**
 * Every metric that fits the task. Models are compared by the first: as chosen, as GLUE compares them, or the usual one.
 * One with settings of its own is taken only where it is chosen.
 */
export function metricsOf(
  task: Task,
  { chosen, glue }: { chosen?: MetricSetting | undefined; glue?: GlueOrigin | undefined },
): [TaskMetric, ...TaskMetric[]] {
  const fitting = fittingMetrics(task).filter(({ schema }) => schema === undefined);
  const first = chosen ?? (glue && glueTask(glue.task).metrics[0]) ?? (fitting[0] as MetricDefinition).name;
  const others = fitting.filter(({ name }) => name !== metricName(first));
  return [taskMetric(first, task), ...others.map(({ name }) => taskMetric(name, task))];
}

function taskMetric(setting: MetricSetting, task: Task): TaskMetric {
  const { score, ...metric } = metrics.get(metricName(setting));
  const { kind: _kind, ...settings } = typeof setting === 'string' ? { kind: setting } : setting;
  return { ...metric, score: (scored) => score(scored, { task, settings }) };
}

/** Why answers to a task cannot be scored by a metric; undefined where they can. */
export function metricProblem(setting: MetricSetting, task: Task): string | undefined {
  const fitting = fittingMetrics(task).map(({ name }) => name);
  const name = metricName(setting);
  if (fitting.includes(name)) return undefined;
  return `The labels of these tokens cannot be scored by "${name}". Use one of ${fitting.join(', ')}.`;
}

/** A score as sentences have it. */
export function scoreText(value: number, { format }: Pick<TaskMetric, 'format'>): string {
  return format === 'percent' ? `${(value * 100).toFixed(1)} %` : value.toFixed(3);
}
