import { labelsOfTask, type Task } from '@retort/foundation/task';
import type { ReportTable } from '@retort/plugin-kit';
import type { LabelValues } from '@retort/tables';
import { classScores, confusionMatrix, labelScores } from '@retort/training/metrics';
import { MODEL_TITLES, type ModelName } from './models.ts';

interface Scored {
  readonly task: Task;
  readonly labels: LabelValues;
  readonly predictions: ReadonlyMap<ModelName, LabelValues>;
}

/** More classes than this are no table to read; the predictions have them all. */
const MOST_CLASSES = 50;
const MOST_CONFUSED_CLASSES = 12;

/** Each class of the student, or of the first model there is: how well it is found, and what it is taken for. */
export function labelTables({ task, labels, predictions }: Scored): ReportTable[] {
  const names = labelsOfTask(task);
  if (names.length === 0 || names.length > MOST_CLASSES || predictions.size === 0) return [];
  const input = predictions.has('student') ? 'student' : ([...predictions.keys()][0] as ModelName);
  const scored = { labels, predictions: predictions.get(input) as LabelValues };
  const tables = [
    scoreTable(names, MODEL_TITLES[input], task.kind === 'multi-label' ? labelScores : classScores, scored),
  ];
  if (task.kind === 'classes' && names.length <= MOST_CONFUSED_CLASSES)
    tables.push(confusionTable(names, MODEL_TITLES[input], scored));
  return tables;
}

type Pairs = Parameters<typeof classScores>[0];

function scoreTable(names: readonly string[], model: string, scores: typeof classScores, scored: Pairs): ReportTable {
  return {
    title: `Each label, ${model}`,
    columns: [
      { key: 'label', title: 'label' },
      { key: 'precision', title: 'precision', format: 'percent' },
      { key: 'recall', title: 'recall', format: 'percent' },
      { key: 'f1', title: 'F1', format: 'percent' },
      { key: 'support', title: 'rows', format: 'integer' },
    ],
    rows: scores(scored, names.length).map((score, i) => ({ label: names[i] as string, ...score })),
  };
}

function confusionTable(names: readonly string[], model: string, scored: Pairs): ReportTable {
  const key = (i: number) => `predicted${i}`;
  return {
    title: `Confusion, ${model}: rows are gold, columns predicted`,
    columns: [
      { key: 'gold', title: 'gold' },
      ...names.map((title, i) => ({ key: key(i), title, format: 'integer' as const })),
    ],
    rows: confusionMatrix(scored, names.length).map((counts, gold) => ({
      gold: names[gold] as string,
      ...Object.fromEntries(counts.map((count, i) => [key(i), count])),
    })),
  };
}
