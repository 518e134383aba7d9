/** What the rows of a task are labelled with, and so what a model's answers mean. */
export type Task =
  /** Each row has exactly one of the labels. */
  | { readonly kind: 'classes'; readonly labels: readonly string[] }
  /** Each row has any number of the labels, none included. */
  | { readonly kind: 'multi-label'; readonly labels: readonly string[] }
  /** Each row has a number. */
  | { readonly kind: 'regression' };

export type TaskKind = Task['kind'];

/** The words for them in settings and options. */
export const TASK_KINDS = ['classes', 'multi-label', 'regression'] as const satisfies readonly TaskKind[];

export const REGRESSION: Task = { kind: 'regression' };

/** Names of the labels in their order; a regression has none. */
export function labelsOfTask(task: Task): readonly string[] {
  return task.kind === 'regression' ? [] : task.labels;
}

/** Outputs of a classification head. */
export function outputsOfTask(task: Task): number {
  return task.kind === 'regression' ? 1 : task.labels.length;
}

/** Whether both have the same kind of answer and the same labels in the same order. */
export function isSameTask(a: Task | undefined, b: Task | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.kind === b.kind && labelsOfTask(a).join('\n') === labelsOfTask(b).join('\n');
}

/** Whether answers of one can be held against those of the other by the names of the labels, in whatever order. */
export function isComparableTask(a: Task, b: Task): boolean {
  const names = (task: Task) => [...labelsOfTask(task)].sort().join('\n');
  return a.kind === b.kind && names(a) === names(b);
}

/** For messages, after "answers with": `one of "no", "yes"`. */
export function taskText(task: Task): string {
  const labels = labelsOfTask(task)
    .map((label) => JSON.stringify(label))
    .join(', ');
  switch (task.kind) {
    case 'classes':
      return `one of ${labels}`;
    case 'multi-label':
      return `any number of ${labels}`;
    case 'regression':
      return 'a number (regression)';
  }
}
