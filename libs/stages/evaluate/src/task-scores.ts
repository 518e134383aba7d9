import type { Task } from '@retort/foundation/task';
import type { ReportCell, ReportColumn, ReportTable, StageContext } from '@retort/plugin-kit';
import { type GlueOrigin, type LabelValues, labelWidth } from '@retort/tables';
import {
  constantAnswerScore,
  metricsOf,
  type PairedDifference,
  pairedBootstrap,
  scoreText,
  type TaskMetric,
  teacherRetention,
} from '@retort/training/metrics';
import { labelTables } from './class-tables.ts';
import type { evaluate } from './index.ts';
import { MODEL_TITLES, type ModelName } from './models.ts';
import { notAboveText, type Standing, standingOf, standingText } from './standing.ts';

export interface TaskScores {
  readonly tables: readonly ReportTable[];
  readonly notes: readonly string[];
  readonly metrics: Readonly<Record<string, number>>;
  /** What models are compared by, and where each stands by it. */
  readonly primary: TaskMetric;
  readonly standings: ReadonlyMap<ModelName, Standing>;
  /** False where the teacher is not clearly better than a bag of words; undefined where one of them is missing. */
  readonly isTeacherAboveWords: boolean | undefined;
}

interface Scoring {
  readonly context: StageContext<typeof evaluate>;
  readonly task: Task;
  /** Of a GLUE task, whose own metric models are compared by. */
  readonly glue?: GlueOrigin | undefined;
  readonly labels: LabelValues;
  readonly predictions: ReadonlyMap<ModelName, LabelValues>;
  /** Parameters of each model. */
  readonly sizes: ReadonlyMap<ModelName, number>;
}

/** Task metrics of every model that answered, on labelled rows. */
export function taskScores(scoring: Scoring): TaskScores {
  const { context, labels, task, glue } = scoring;
  const metrics = metricsOf(task, { chosen: context.config.metric, glue });
  const [primary] = metrics;
  const scores = new Map(
    [...scoring.predictions].map(([input, predicted]) => [input, scoresOf(scoring, predicted, metrics)]),
  );
  const differences = differencesOf(scoring, primary);
  const constant = constantAnswerScore(labels, { task, metric: primary.score, better: primary.better });
  const standings = new Map(
    [...scoring.predictions].map(([input, predictions]) => [
      input,
      standingOf(context, { labels, task, predictions }, { metric: primary, constant }),
    ]),
  );
  return {
    tables: [
      scoreTable(scoring, { metrics, scores, standings }),
      ...differenceTables(differences, primary),
      ...labelTables(scoring),
    ],
    notes: [
      ...constantNote(task, primary, constant),
      ...notAboveNotes(standings, primary),
      ...gainNote(differences, primary, context.config.confidence),
    ],
    metrics: flatScores(scores),
    primary,
    standings,
    isTeacherAboveWords: isAboveWords(differences, primary),
  };
}

function isAboveWords(differences: readonly Difference[], { better }: TaskMetric): boolean | undefined {
  const found = differences.find(isOf('teacher', 'bagOfWords'))?.difference;
  return found && (better === 'higher' ? found.low > 0 : found.high < 0);
}

type Scores = Readonly<Record<string, number>>;

function scoresOf({ labels }: Scoring, predictions: LabelValues, metrics: readonly TaskMetric[]): Scores {
  return Object.fromEntries(metrics.map(({ name, score }) => [name, score({ labels, predictions })]));
}

/** `student.accuracy`; a correlation with constants has no value. */
function flatScores(scores: ReadonlyMap<ModelName, Scores>): Record<string, number> {
  const flat = [...scores].flatMap(([input, values]) =>
    Object.entries(values).map(([name, value]) => [`${input}.${name}`, value] as const),
  );
  return Object.fromEntries(flat.filter(([, value]) => Number.isFinite(value)));
}

function scoreTable(
  scoring: Scoring,
  {
    metrics,
    scores,
    standings,
  }: Pick<TaskScores, 'standings'> & {
    metrics: readonly TaskMetric[];
    scores: ReadonlyMap<ModelName, Scores>;
  },
): ReportTable {
  const [primary, ...others] = metrics as [TaskMetric, ...TaskMetric[]];
  const teacher = standings.get('teacher');
  // A share of an error says nothing.
  const isRetained = teacher?.isAboveMajority && primary.better === 'higher';
  const rows = [...standings].map(([input, standing]) => ({
    model: MODEL_TITLES[input],
    [primary.name]: standing.interval ? { ...standing.interval } : finite(standing.score),
    ...Object.fromEntries(others.map(({ name }) => [name, finite(scores.get(input)?.[name])])),
    ...(teacher && isRetained ? retentionCells(input, standing, teacher) : {}),
    parameters: scoring.sizes.get(input) ?? null,
  }));
  const columns: ReportColumn[] = [
    { key: 'model', title: 'model' },
    ...metrics.map(({ name, title, format }) => ({ key: name, title, format })),
    ...(isRetained && scores.size > 1 ? RETENTION_COLUMNS : []),
    { key: 'parameters', title: 'parameters', format: 'integer' },
  ];
  return { title: `Scores on ${rowsOf(scoring)} held-out rows`, columns, rows };
}

const RETENTION_COLUMNS: readonly ReportColumn[] = [
  { key: 'retained', title: 'of the teacher', format: 'percent' },
  { key: 'aboveMajority', title: 'of its gain', format: 'percent' },
];

function rowsOf({ labels, task }: Scoring): number {
  return labels.length / labelWidth(task);
}

function retentionCells(
  input: ModelName,
  { score: student }: Standing,
  { score: teacher, constant }: Standing,
): Record<'retained' | 'aboveMajority', ReportCell> {
  if (input === 'teacher') return { retained: null, aboveMajority: null };
  const { ofTeacher, aboveMajority } = teacherRetention({ student, teacher, constant });
  return { retained: finite(ofTeacher), aboveMajority: finite(aboveMajority) };
}

const PAIRS = [
  ['student', 'teacher'],
  ['student', 'baseline'],
  ['baseline', 'teacher'],
  ['teacher', 'bagOfWords'],
  ['student', 'bagOfWords'],
] as const;

/** How much better one model is than another on the same rows, with the noise of this many rows. */
interface Difference extends PairedDifference {
  readonly system: ModelName;
  readonly baseline: ModelName;
}

function isOf(system: ModelName, baseline: ModelName): (difference: Difference) => boolean {
  return (difference) => difference.system === system && difference.baseline === baseline;
}

/** Of each pair of which both have answered. */
function differencesOf({ context, labels, task, predictions }: Scoring, { score }: TaskMetric): Difference[] {
  return PAIRS.flatMap(([system, baseline]) => {
    const pair = { system: predictions.get(system), baseline: predictions.get(baseline) };
    if (pair.system === undefined || pair.baseline === undefined) return [];
    const found = pairedBootstrap(
      { labels, system: pair.system, baseline: pair.baseline },
      {
        metric: score,
        seed: context.seed,
        resamples: context.config.bootstrapSamples,
        confidence: context.config.confidence,
        width: labelWidth(task),
      },
    );
    return [{ system, baseline, ...found }];
  });
}

function differenceTables(differences: readonly Difference[], { title, format }: TaskMetric): ReportTable[] {
  if (differences.length === 0) return [];
  const rows = differences.map(({ system, baseline, difference, shareHigher }) => ({
    models: `${MODEL_TITLES[system]} less ${MODEL_TITLES[baseline]}`,
    difference: [difference.low, difference.high].every(Number.isFinite) ? { ...difference } : finite(difference.value),
    shareHigher: finite(shareHigher),
  }));
  const columns: ReportColumn[] = [
    { key: 'models', title: 'models' },
    { key: 'difference', title, format },
    { key: 'shareHigher', title: 'resamples higher', format: 'percent' },
  ];
  return [{ title: 'Differences, paired over rows', columns, rows }];
}

function constantNote(task: Task, primary: TaskMetric, constant: number): string[] {
  if (task.kind === 'regression') return [];
  return [
    `Always giving the same answer scores at best ${scoreText(constant, primary)} (${primary.title}). Gains are measured from that score.`,
  ];
}

/** Says of which models a score means nothing, and why there is no share of such a teacher. */
function notAboveNotes(standings: ReadonlyMap<ModelName, Standing>, primary: TaskMetric): string[] {
  return [...standings]
    .filter(([, { isAboveMajority }]) => !isAboveMajority)
    .map(([input, standing]) => {
      const share = input === 'teacher' && standings.size > 1 ? ' Shares of its gain are therefore not shown.' : '';
      return `The ${MODEL_TITLES[input]} has ${standingText(standing, primary)}, ${notAboveText(standing, primary)}.${share}`;
    });
}

/** Whether distillation paid, said with the noise of this many rows. */
function gainNote(differences: readonly Difference[], { format }: TaskMetric, confidence: number): string[] {
  const difference = differences.find(isOf('student', 'baseline'))?.difference;
  if (difference === undefined) return [];
  const show = (value: number) => (format === 'decimal' ? signed(value, 3) : `${signed(value * 100, 1)} points`);
  const interval = `${show(difference.value)} (${percent(confidence)} interval ${show(difference.low)} to ${show(difference.high)}, paired over rows)`;
  const isNoise = difference.low <= 0 && difference.high >= 0;
  return [
    `Distilled against trained without a teacher: ${interval}${isNoise ? ': within the noise of this many rows' : ''}. One seed does not show the spread over seeds.`,
  ];
}

const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
const signed = (value: number, digits: number) => `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(digits)}`;
const finite = (value: number | undefined) => (Number.isFinite(value) ? (value as number) : null);
