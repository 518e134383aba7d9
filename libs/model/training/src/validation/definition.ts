import type { SettingProblem } from '@retort/foundation/diagnostics';
import { isSameTask, type Task, taskText } from '@retort/foundation/task';
import { type MetricSetting, metricName, metricSchema } from '../metrics/list.ts';
import { metricProblem } from '../metrics/task-metrics.ts';
import settings from '../settings.schema.json' with { type: 'json' };
import type { ValidationSettings } from './settings.ts';

// What the definition of a stage says of validation. Loads no tensor library.

const METRIC =
  "The metric that chooses the weights. Other metrics that fit are computed too. By default the GLUE task's own, or the first that fits. Held-out losses use their weighted sum instead.";

/** The schema of the setting `validation`, with the metrics that plug-ins bring. */
export function validationDefinition(): object {
  const { validation } = settings.$defs;
  return { ...validation, properties: { ...validation.properties, metric: metricSchema(METRIC) } };
}

/** Fills in the setting where the rows are connected; their defaults are the schema's. */
export function completeValidation<Given extends Readonly<Record<string, unknown>>>(
  given: Given,
  connected: readonly string[],
  defaults: Readonly<Record<string, unknown>> = {},
): Given {
  const { validation = {} } = given;
  const isSettings = typeof validation === 'object' && validation !== null && !Array.isArray(validation);
  if (!connected.includes('validation') || !isSettings) return given;
  return { ...given, validation: { ...defaults, ...validation } };
}

/** Output ports of a stage that trains, beside its model. */
export function validationOutputs(connected: readonly string[]): {
  readonly history?: { readonly type: 'history'; readonly description: string };
  readonly times?: { readonly type: 'times'; readonly description: string; readonly isMeasured: true };
} {
  if (!connected.includes('validation')) return {};
  return {
    history: {
      type: 'history',
      description: 'How training went, step by step, with the scores on the validation rows',
    },
    times: { type: 'times', description: 'When each row of the history was reached', isMeasured: true },
  };
}

/** The metric that the settings name, for `extensions`. */
export function validationExtensions({ validation }: { readonly validation?: ValidationSettings }) {
  return { metrics: validation?.metric === undefined ? [] : [metricName(validation.metric)] };
}

interface View {
  readonly config: { readonly validation?: ValidationSettings };
  readonly inputs: Readonly<
    Record<string, { readonly task?: Task; readonly tokenizer?: string; readonly rows?: number } | undefined>
  >;
}

/**
 * What the schema cannot say of validation.
 *
 * @param task that the model learns and is scored by; undefined where held-out losses are its score
 */
export function validationProblems({ config: { validation }, inputs }: View, task: Task | undefined): SettingProblem[] {
  const rows = inputs['validation'];
  const problems: SettingProblem[] = [];
  const refuse = (code: string, path: readonly string[], message: string) => problems.push({ code, path, message });
  if (validation && rows === undefined)
    refuse(
      'VALIDATION_UNUSED',
      ['with', 'validation'],
      'There are settings for validation, but no validation rows. Connect tokens as "validation", or remove the settings.',
    );
  if (rows?.rows === 0)
    refuse(
      'VALIDATION_SCORES_NOTHING',
      ['inputs', 'validation'],
      '"validation" has no rows, since no training examples are set apart to choose weights by. Set "selection" of the task-data stage, to 0.1 for instance, or connect other rows.',
    );
  if (validation?.minDelta !== undefined && validation.patience === undefined)
    refuse(
      'VALIDATION_UNUSED',
      ['with', 'validation', 'minDelta'],
      '"minDelta" is the least improvement for "patience", which is not set. Set "patience", or remove "minDelta".',
    );
  if (task && rows?.task && !isSameTask(task, rows.task))
    refuse(
      'VALIDATION_TASK_DIFFERS',
      ['inputs', 'validation'],
      `The model learns to answer with ${taskText(task)}, but "validation" is labelled with ${taskText(rows.task)}. Connect rows of the same task, with labels in the same order.`,
    );
  const isKnown = task !== undefined || rows?.tokenizer !== undefined;
  return [...problems, ...(isKnown ? metricProblems(validation?.metric, task) : [])];
}

function metricProblems(metric: MetricSetting | undefined, task: Task | undefined): SettingProblem[] {
  if (metric === undefined) return [];
  const message =
    task === undefined
      ? 'This model is scored by its held-out losses, which use no metric. Remove "metric".'
      : metricProblem(metric, task);
  return message === undefined
    ? []
    : [{ code: 'METRIC_DOES_NOT_FIT', path: ['with', 'validation', 'metric'], message }];
}
