import type { Tokens } from '@retort/columnar';
import {
  accuracy,
  bootstrapInterval,
  macroF1Score,
  majorityScore,
  matthewsCorrelation,
  type Metric,
  pairedBootstrap,
  pearsonCorrelation,
  spearmanCorrelation,
  teacherRetention,
  wilsonInterval,
  correctRows,
} from '@retort/evaluation';
import type { ReportCell, ReportColumn, ReportTable, StageContext } from '@retort/stage-kit';
import type { EvaluateConfig } from './config.generated.ts';
import { type EvaluatedModel, logitsOf, type ModelRole, ROLE_TITLES } from './models.ts';

export interface TaskScores {
  readonly table: ReportTable;
  readonly notes: readonly string[];
  readonly metrics: Readonly<Record<string, number>>;
}

type Predictions = Int32Array | Float32Array;

/** Task metrics of every model that has a classifier, on labelled tokens. */
export async function taskScores(
  context: StageContext<EvaluateConfig>,
  tokens: Tokens,
  models: readonly EvaluatedModel[],
): Promise<TaskScores> {
  const labels = tokens.labels as Predictions;
  const isRegression = tokens.metadata.labels?.length === 0;
  const primary: Metric = isRegression ? pearsonCorrelation : accuracy;
  const predictions = new Map<ModelRole, Predictions>();
  for (const entry of models.filter(
    ({ role, model }) => role !== 'initialStudent' && model.heads.includes('classifier'),
  )) {
    context.progress({ done: predictions.size, total: models.length, unit: 'models' });
    const { values, classes } = await logitsOf(context, entry, tokens);
    predictions.set(entry.role, isRegression ? values : argMax(values, classes));
  }
  const majority = isRegression ? 0 : majorityScore(labels, primary);
  const teacher = predictions.get('teacher');
  const teacherScore = teacher && primary({ labels, predictions: teacher });
  const rows = [...predictions].map(([role, predicted]) => {
    const score = primary({ labels, predictions: predicted });
    const retention =
      teacherScore === undefined || role === 'teacher'
        ? undefined
        : teacherRetention({ student: score, teacher: teacherScore, majority });
    return {
      model: ROLE_TITLES[role],
      score: intervalOf(context, { labels, predicted, isRegression }),
      second: isRegression
        ? spearmanCorrelation({ labels, predictions: predicted })
        : macroF1Score({ labels, predictions: predicted }),
      ...(isRegression ? {} : { correlation: finite(matthewsCorrelation({ labels, predictions: predicted })) }),
      retained: retention?.ofTeacher ?? null,
      aboveMajority: retention?.aboveMajority ?? null,
      parameters: models.find((entry) => entry.role === role)?.parameters ?? null,
    };
  });
  const columns: ReportColumn[] = [
    { key: 'model', title: 'model' },
    { key: 'score', title: isRegression ? 'Pearson' : 'accuracy', format: isRegression ? 'decimal' : 'percent' },
    { key: 'second', title: isRegression ? 'Spearman' : 'macro F1', format: isRegression ? 'decimal' : 'percent' },
    ...(isRegression ? [] : [{ key: 'correlation', title: 'Matthews', format: 'decimal' } as const]),
    { key: 'retained', title: 'of the teacher', format: 'percent' },
    { key: 'aboveMajority', title: 'of its gain', format: 'percent' },
    { key: 'parameters', title: 'parameters', format: 'integer' },
  ];
  return {
    table: { title: `Scores on ${tokens.rowCount} held-out rows`, columns, rows },
    notes: [
      ...majorityNote(isRegression, majority),
      ...gainNote(context, { labels, predictions, primary, isRegression }),
    ],
    metrics: Object.fromEntries(
      [...predictions].map(([role, predicted]) => [
        `${role}.${isRegression ? 'pearson' : 'accuracy'}`,
        primary({ labels, predictions: predicted }),
      ]),
    ),
  };
}

function argMax(logits: Float32Array, classes: number): Int32Array {
  return Int32Array.from({ length: logits.length / classes }, (_, row) => {
    let best = 0;
    for (let c = 1; c < classes; c++)
      if ((logits[row * classes + c] as number) > (logits[row * classes + best] as number)) best = c;
    return best;
  });
}

function intervalOf(
  { config, seed }: StageContext<EvaluateConfig>,
  { labels, predicted, isRegression }: { labels: Predictions; predicted: Predictions; isRegression: boolean },
): ReportCell {
  const confidence = config.confidence;
  if (!isRegression && (confidence === 0.9 || confidence === 0.95 || confidence === 0.99)) {
    return wilsonInterval({
      successes: correctRows({ labels, predictions: predicted }),
      trials: labels.length,
      confidence,
    });
  }
  const metric = isRegression ? pearsonCorrelation : accuracy;
  return bootstrapInterval(
    { labels, predictions: predicted },
    { metric, seed, resamples: config.bootstrapSamples, confidence },
  );
}

function majorityNote(isRegression: boolean, majority: number): string[] {
  return isRegression
    ? []
    : [`Always answering the most frequent class scores ${percent(majority)}; "of its gain" counts from there.`];
}

/** Whether distillation paid, said with the noise of this many rows. */
function gainNote(
  { config, seed }: StageContext<EvaluateConfig>,
  {
    labels,
    predictions,
    primary,
    isRegression,
  }: { labels: Predictions; predictions: ReadonlyMap<ModelRole, Predictions>; primary: Metric; isRegression: boolean },
): string[] {
  const system = predictions.get('student');
  const baseline = predictions.get('baseline');
  if (!system || !baseline) return [];
  const { difference } = pairedBootstrap(
    { labels, system, baseline },
    { metric: primary, seed, resamples: config.bootstrapSamples, confidence: config.confidence },
  );
  const show = (value: number) => (isRegression ? signed(value, 3) : `${signed(value * 100, 1)} points`);
  const interval = `${show(difference.value)} (${percent(config.confidence)} interval ${show(difference.low)} to ${show(difference.high)}, paired over rows)`;
  const isNoise = difference.low <= 0 && difference.high >= 0;
  return [
    `Distilled against trained without a teacher: ${interval}${isNoise ? ': within the noise of this many rows' : ''}. One seed says nothing of the spread over seeds.`,
  ];
}

const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
const signed = (value: number, digits: number) => `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(digits)}`;
const finite = (value: number) => (Number.isFinite(value) ? value : null);
