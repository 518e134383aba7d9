import { suggestion } from '@retort/foundation/diagnostics';
import type { Task } from '@retort/foundation/task';
import type { StageProblem } from '@retort/plugin-kit';
import type { ImportModelConfig } from './config.generated.ts';

type LabelSettings = Pick<ImportModelConfig, 'labelNames' | 'labelOrder'>;

/** What is wrong with the settings for a model with these classes; an empty list is regression. */
export function labelProblems({ labelNames, labelOrder }: LabelSettings, labels: readonly string[]): StageProblem[] {
  const has = labels.length === 0 ? 'The model has no classes (regression).' : '';
  const unknown = Object.keys(labelNames)
    .filter((name) => !labels.includes(name))
    .map((name) => ({
      code: 'IMPORT_UNKNOWN_LABEL',
      path: ['with', 'labelNames', name],
      message: has || `The model has no class "${name}".${suggestion(name, labels)}`,
    }));
  const names = labels.map((label) => newName(labelNames, label));
  const twice = names.filter((name, i) => names.indexOf(name) < i);
  const repeated = twice.map((name) => ({
    code: 'IMPORT_LABEL_TWICE',
    path: ['with', 'labelNames'],
    message: `Two classes would have the name "${name}". Give each a different name.`,
  }));
  const misplaced = labelOrder === undefined ? [] : orderProblems(labelOrder, names, has);
  return [...unknown, ...repeated, ...misplaced];
}

function orderProblems(order: readonly string[], names: readonly string[], has: string): StageProblem[] {
  const path = ['with', 'labelOrder'];
  const unknown = order.flatMap((name, index) =>
    names.includes(name)
      ? []
      : [
          {
            code: 'IMPORT_UNKNOWN_LABEL',
            path: [...path, index],
            message: has || `There is no class "${name}".${suggestion(name, names)}`,
          },
        ],
  );
  const missing = names.filter((name) => !order.includes(name));
  if (missing.length === 0) return unknown;
  const message = `"labelOrder" leaves out ${missing.map((name) => `"${name}"`).join(', ')}. Name every class once.`;
  return [...unknown, { code: 'IMPORT_LABELS_LEFT_OUT', path, message }];
}

/** The task with its classes under their new names, in their new order. @param task without `labelProblems` */
export function arrangeLabels(settings: LabelSettings, task: Task): Task {
  if (task.kind === 'regression') return task;
  const rows = labelRows(settings, task.labels);
  return { ...task, labels: rows.map((row) => newName(settings.labelNames, task.labels[row] as string)) };
}

/** For each class of the new order, its output in the model's head. */
export function labelRows({ labelNames, labelOrder }: LabelSettings, labels: readonly string[]): number[] {
  const names = labels.map((label) => newName(labelNames, label));
  return (labelOrder ?? names).map((name) => names.indexOf(name));
}

function newName(labelNames: Readonly<Record<string, string>>, label: string): string {
  return Object.hasOwn(labelNames, label) ? (labelNames[label] as string) : label;
}
