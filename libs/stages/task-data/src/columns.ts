import {
  type Diagnostic,
  type DiagnosticLocation,
  inWords,
  type SettingAdvice,
  suggestion,
  theSetting,
} from '@retort/foundation/diagnostics';
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

/** A problem for each column that is wanted and not there, or there several times. */
export function columnProblems(
  names: readonly string[],
  request: ColumnRequest,
  location: DiagnosticLocation,
  settings: readonly SettingAdvice[] = [],
): Diagnostic[] {
  const { source } = request;
  const noun = source.format === 'jsonl' ? 'member' : 'column';
  return wantedColumns(names, request).flatMap((name) => {
    const repeated = repeatedColumn(name, names, noun);
    if (repeated !== undefined) return [{ code: 'TASK_DATA_COLUMN_REPEATED', message: repeated, location }];
    if (names.includes(name)) return [];
    const wanter = settingOf(name, source);
    const why = wanter === undefined ? `, which the published files of ${source.layout} have` : ` for ${wanter.words}`;
    const advice = [...(wanter === undefined ? [] : [wanter]), ...settings];
    const fix = settings.length === 0 ? '' : ` To find it, ${inWords(settings)}.`;
    const message = `There is no ${noun} ${JSON.stringify(name)}${why}.${suggestion(name, names)}${fix}`;
    return [{ code: 'TASK_DATA_COLUMN_MISSING', message, location, ...(advice.length > 0 && { advice }) }];
  });
}

/** Columns that a table with these columns has to have. */
export function wantedColumns(names: readonly string[], { source, needsLabels }: ColumnRequest): readonly string[] {
  const labels = labelColumns(source);
  const isUnlabelled = !needsLabels && !labels.some((name) => names.includes(name));
  return isUnlabelled ? textColumns(source) : [...textColumns(source), ...labels];
}

/**
 * What is wrong with a column that is read when several have its name; undefined when at most one has. Which of them is
 * meant, nobody knows.
 */
export function repeatedColumn(name: string, names: readonly string[], noun = 'column'): string | undefined {
  const places = [...names.keys()].filter((i) => names[i] === name).map((i) => i + 1);
  if (places.length < 2) return undefined;
  const list = `${places.slice(0, -1).join(', ')} and ${places.at(-1)}`;
  return `The name ${JSON.stringify(name)} occurs ${places.length} times: ${noun}s ${list}. Rename or remove all but one.`;
}

const COLUMN_SETTINGS = ['textA', 'textB', 'label'] as const;

/** What is wrong where one column is to be read as several things, such as a text that is its own label; undefined when none is. */
export function sharedColumn(
  columns: TableSource['columns'],
  flagColumns: readonly string[] = [],
): Pick<Diagnostic, 'message' | 'advice'> | undefined {
  const settings = COLUMN_SETTINGS.map((setting) => [`columns.${setting}`, columns[setting]] as const).filter(
    ([, name]) => name !== undefined,
  );
  const named = [...settings, ...flagColumns.map((name) => ['labels.values', name] as const)];
  const [, shared] = named.find(([, name], i) => named.findIndex((other) => other[1] === name) < i) ?? [];
  if (shared === undefined) return undefined;
  const advice = named.filter(([, name]) => name === shared).map(([setting]) => theSetting(setting));
  const message = `${inWords(advice)} name the same column, ${JSON.stringify(shared)}. Name a different column for each.`;
  return { message, advice };
}

/** Which setting names a column; undefined in the tables of GLUE. */
function settingOf(name: string, { layout, columns }: TableSource): SettingAdvice | undefined {
  if (layout !== undefined) return undefined;
  const setting = COLUMN_SETTINGS.find((key) => columns[key] === name);
  return theSetting(setting === undefined ? 'labels.values' : `columns.${setting}`);
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
