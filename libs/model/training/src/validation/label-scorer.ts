import type { ParameterSet } from '@retort/engine';
import type { BertConfig } from '@retort/families';
import { StageError } from '@retort/foundation/diagnostics';
import { isSameTask, REGRESSION, type Task, taskText } from '@retort/foundation/task';
import { type LabelValues, labelWidth, type Tokens } from '@retort/tables';
import type { EvaluationContext } from '../evaluation.ts';
import { logitsOf } from '../logits.ts';
import { constantAnswerScore } from '../metrics/constant-answer.ts';
import { predictedOf } from '../metrics/predicted.ts';
import { metricsOf, type TaskMetric } from '../metrics/task-metrics.ts';
import type { Scorer } from './scorer.ts';
import type { ValidationSettings } from './settings.ts';

/**
 * Scores a model's classification head by the metrics of its task.
 *
 * @throws StageError VALIDATION_TASK_DIFFERS, VALIDATION_SCORES_NOTHING
 */
export function labelScorer({
  context,
  config,
  parameters,
  tokens,
  label,
  batchSize,
  settings: { metric: chosen, maxRows },
}: {
  readonly context: EvaluationContext;
  /** Of the model that trains; its weights are read at each scoring. */
  readonly config: BertConfig;
  readonly parameters: ParameterSet;
  /** The validation rows, with labels. */
  readonly tokens: Tokens;
  /** What messages call them. */
  readonly label: string;
  readonly batchSize: number;
  readonly settings: Pick<ValidationSettings, 'metric' | 'maxRows'>;
}): Scorer {
  const { task = REGRESSION } = config;
  checkTask(tokens, task, label);
  const rows = Math.min(tokens.rowCount, maxRows ?? tokens.rowCount);
  const labels = (tokens.labels as LabelValues).subarray(0, rows * labelWidth(task));
  const measures = metricsOf(task, { chosen, glue: tokens.metadata.glue });
  checkTellsApart(labels, { task, metric: measures[0], rows, label });
  return {
    measures,
    rows,
    score: async () => {
      const model = { config, parameters: parameters.byName.values() };
      const logits = await logitsOf(model, { context, tokens, batchSize, maxRows: rows });
      const predictions = predictedOf(logits, task);
      return Object.fromEntries(measures.map(({ name, score }) => [name, score({ labels, predictions })]));
    },
  };
}

function checkTask({ metadata }: Tokens, task: Task, label: string): void {
  if (isSameTask(metadata.task, task)) return;
  const given = metadata.task ? `labelled with ${taskText(metadata.task)}` : 'not labelled';
  throw new StageError(
    'VALIDATION_TASK_DIFFERS',
    `The model learns to answer with ${taskText(task)}, but the validation rows of ${label} are ${given}. Connect rows of the same task, with labels in the same order.`,
  );
}

/** Where one answer for all rows is as good as the right ones, no score says what a model has learned. */
function checkTellsApart(
  labels: LabelValues,
  { task, metric, rows, label }: { task: Task; metric: TaskMetric; rows: number; label: string },
): void {
  const right = metric.score({ labels, predictions: labels });
  const constant = constantAnswerScore(labels, { task, metric: metric.score, better: metric.better });
  const tellsApart = metric.better === 'higher' ? right > constant : right < constant;
  if (tellsApart) return;
  throw new StageError(
    'VALIDATION_SCORES_NOTHING',
    `The ${rows} scored rows of ${label} all have the same label, or none that ${metric.title} counts, so a constant answer scores as well as the right ones. Connect rows with different labels, set another "validation.metric", or raise "validation.maxRows".`,
  );
}
