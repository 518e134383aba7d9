import { type Diagnostic, suggestion } from '@retort/diagnostics';
import { readLines } from '@retort/text-lines';
import type { TableFiles } from './config.generated.ts';
import { readRecords, type TableFile } from './records.ts';

/** The values of one example by what they are for, or what is wrong with the row. */
export type Row =
  | { readonly line: number; readonly cells: Cells; readonly problem?: undefined }
  | { readonly line: number; readonly cells?: undefined; readonly problem: Diagnostic };

export interface Cells {
  readonly textA: unknown;
  readonly textB?: unknown;
  /** Missing where the file has no such column. */
  readonly label?: unknown;
}

type Role = keyof Cells;

interface Request {
  readonly file: TableFile;
  readonly source: TableFiles;
  /** A test file may come without labels. */
  readonly needsLabels: boolean;
}

export function readRows(request: Request): AsyncGenerator<Row> {
  return request.source.format === 'jsonl' ? jsonRows(request) : tableRows(request);
}

async function* tableRows(request: Request): AsyncGenerator<Row> {
  const { file, source } = request;
  let columns: Map<Role, number> | undefined;
  let width = 0;
  for await (const { line, values, problem } of readRecords(file, source)) {
    if (problem) {
      yield { line, problem };
      continue;
    }
    if (columns === undefined) {
      const names = source.header ? values.map((name) => name.trim()) : values.map((_, i) => String(i + 1));
      const problems = missingColumns(names, request);
      for (const missing of problems) yield { line, problem: missing };
      if (problems.length > 0) return;
      columns = new Map(rolesOf(source).map((role) => [role, names.indexOf(source.columns[role] as string)]));
      width = values.length;
      if (source.header) continue;
    }
    const isWrong = values.length < width || (values.length > width && source.extraColumns === 'refuse');
    yield isWrong
      ? { line, problem: wrongWidth(values.length, width, { file, line, source }) }
      : { line, cells: cellsOf(columns, values) };
  }
}

function rolesOf({ columns }: TableFiles): Role[] {
  return columns.textB === undefined ? ['textA', 'label'] : ['textA', 'textB', 'label'];
}

function cellsOf(columns: ReadonlyMap<Role, number>, values: readonly string[]): Cells {
  return Object.fromEntries(
    [...columns].filter(([, index]) => index !== -1).map(([role, index]) => [role, values[index]]),
  ) as unknown as Cells;
}

function missingColumns(names: readonly string[], { file, source, needsLabels }: Request): Diagnostic[] {
  return rolesOf(source)
    .filter((role) => !names.includes(source.columns[role] as string) && (role !== 'label' || needsLabels))
    .map((role) => {
      const wanted = source.columns[role] as string;
      const message = `There is no column ${JSON.stringify(wanted)}, which "columns.${role}" names.${suggestion(wanted, names)}`;
      return { code: 'TASK_DATA_COLUMN_MISSING', message, location: { file: file.label, line: 1 } };
    });
}

function wrongWidth(
  got: number,
  expected: number,
  { file, line, source }: { file: TableFile; line: number; source: TableFiles },
): Diagnostic {
  const hint =
    (source.quoting ?? source.format === 'csv')
      ? 'Is a quote missing?'
      : 'If values are in double quotes, set "source.quoting" to true.';
  const message = `Expected ${expected} columns, got ${got}. ${hint}`;
  return { code: 'TASK_DATA_COLUMN_COUNT', message, location: { file: file.label, line } };
}

async function* jsonRows({ file, source, needsLabels }: Request): AsyncGenerator<Row> {
  for await (const lines of readLines(file.path, { label: file.label, maxBytesPerLine: source.maxRowBytes })) {
    for (const { number: line, text, problem } of lines) {
      if (problem) yield { line, problem };
      else if (text.trim() !== '') yield jsonRow(text, { file, source, needsLabels, line });
    }
  }
}

function jsonRow(text: string, { file, source, needsLabels, line }: Request & { line: number }): Row {
  const location = { file: file.label, line };
  const record = parseObject(text);
  if (record === undefined)
    return { line, problem: { code: 'TASK_DATA_JSON', message: 'Expected a JSON object on this line.', location } };
  const missing = rolesOf(source).find(
    (role) => !Object.hasOwn(record, source.columns[role] as string) && (role !== 'label' || needsLabels),
  );
  if (missing !== undefined) {
    const wanted = source.columns[missing] as string;
    const message = `There is no member ${JSON.stringify(wanted)}, which "columns.${missing}" names.${suggestion(wanted, Object.keys(record))}`;
    return { line, problem: { code: 'TASK_DATA_COLUMN_MISSING', message, location } };
  }
  const cells = rolesOf(source).map((role) => [role, record[source.columns[role] as string]]);
  return { line, cells: Object.fromEntries(cells) as Cells };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
