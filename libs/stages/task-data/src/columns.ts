import { type Diagnostic, type DiagnosticLocation, suggestion } from '@retort/diagnostics';
import type { TableSource } from './table-source.ts';

/** The values of one example by what they are for. */
export interface Cells {
  readonly textA: unknown;
  readonly textB?: unknown;
  /** Missing where the table has no labels. A list where each label has a column of its own. */
  readonly label?: unknown;
}

/** Columns that hold labels: one, or for multi-label one for each label. */
export function labelColumns({ columns, labels }: TableSource): readonly string[] {
  if (columns.label !== undefined) return [columns.label];
  return labels.kind === 'multi-label' ? labels.values : [];
}

export function textColumns({ columns }: TableSource): readonly string[] {
  return columns.textB === undefined ? [columns.textA] : [columns.textA, columns.textB];
}

export interface ColumnRequest {
  readonly source: TableSource;
  /** A test table may come without labels. */
  readonly needsLabels: boolean;
}

/** Whether a table with these columns has the labels. All of them, or it counts as unlabelled. */
export function hasLabels(names: readonly string[], source: TableSource): boolean {
  const wanted = labelColumns(source);
  return wanted.length > 0 && wanted.every((name) => names.includes(name));
}

/** A problem for each column that is wanted and not there. */
export function missingColumns(
  names: readonly string[],
  { source, needsLabels }: ColumnRequest,
  location: DiagnosticLocation,
): Diagnostic[] {
  const labels = labelColumns(source);
  const isUnlabelled = !needsLabels && !labels.some((name) => names.includes(name));
  const wanted = isUnlabelled ? textColumns(source) : [...textColumns(source), ...labels];
  const noun = source.format === 'jsonl' ? 'member' : 'column';
  return wanted
    .filter((name) => !names.includes(name))
    .map((name) => ({
      code: 'TASK_DATA_COLUMN_MISSING',
      message: `There is no ${noun} ${JSON.stringify(name)}, which ${wanter(name, source)}.${suggestion(name, names)}`,
      location,
    }));
}

function wanter(name: string, { layout, columns }: TableSource): string {
  if (layout !== undefined) return `${layout} has as GLUE publishes it`;
  const role = (['textA', 'textB', 'label'] as const).find((key) => columns[key] === name);
  return role === undefined ? '"labels.values" names' : `"columns.${role}" names`;
}

/** Takes the cells out of a row. */
export function cellsOf(source: TableSource, withLabels: boolean, get: (column: string) => unknown): Cells {
  const { textA, textB, label } = source.columns;
  return {
    textA: get(textA),
    ...(textB !== undefined && { textB: get(textB) }),
    ...(withLabels && { label: label === undefined ? labelColumns(source).map(get) : get(label) }),
  };
}
