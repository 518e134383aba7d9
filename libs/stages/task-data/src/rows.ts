import type { Diagnostic } from '@retort/foundation/diagnostics';
import { readLines } from '@retort/texts/lines';
import { openArrow } from './arrow-file.ts';
import type { ColumnarFile } from './columnar-file.ts';
import { columnarRecords, sizeOf } from './columnar-records.ts';
import {
  type Cells,
  type ColumnRequest,
  cellsOf,
  columnProblems,
  hasLabels,
  labelColumns,
  textColumns,
  wantedColumns,
} from './columns.ts';
import { delimiterAdvice } from './delimiter-advice.ts';
import { mayRepeat, memberNames, notAnObject, parseObject } from './json-object.ts';
import { openParquet } from './parquet-file.ts';
import { lineLimit, readRecords, type TableFile } from './records.ts';
import { hasQuotes } from './table-source.ts';

/** The values of one example by what they are for, or what is wrong with the row. */
export type Row =
  | { readonly line: number; readonly cells: Cells; readonly problem?: undefined }
  | { readonly line: number; readonly cells?: undefined; readonly problem: Diagnostic };

interface Request extends ColumnRequest {
  readonly file: TableFile;
}

/** Rows of a table in order. Their `line` is that of the file; in columnar files it is the number of the row, from 1. */
export function readRows(request: Request): AsyncGenerator<Row> {
  switch (request.source.format) {
    case 'jsonl':
      return jsonRows(request);
    case 'parquet':
      return columnarRows(request, openParquet);
    case 'arrow':
      return columnarRows(request, openArrow);
    default:
      return tableRows(request);
  }
}

interface Layout {
  readonly indices: ReadonlyMap<string, number>;
  readonly withLabels: boolean;
  /** Columns that a row has at least, and where more are refused at most. */
  readonly width: number;
}

async function* tableRows(request: Request): AsyncGenerator<Row> {
  const { file, source } = request;
  let layout: Layout | undefined;
  for await (const { line, values, problem } of readRecords(file, source)) {
    if (problem) {
      yield { line, problem };
      continue;
    }
    if (layout === undefined) {
      const names = source.header ? values.map((name) => name.trim()) : values.map((_, i) => String(i + 1));
      const advice = delimiterAdvice(values, request);
      const problems = columnProblems(names, request, { file: file.label, line }, advice);
      for (const missing of problems) yield { line, problem: missing };
      if (problems.length > 0) return;
      layout = layoutOf(names, request);
      if (source.header) continue;
    }
    yield tableRow(values, { request, layout, line });
  }
}

function layoutOf(names: readonly string[], { source }: Request): Layout {
  const withLabels = hasLabels(names, source);
  const read = withLabels ? [...textColumns(source), ...labelColumns(source)] : textColumns(source);
  const indices = new Map(read.map((name) => [name, names.indexOf(name)]));
  return { indices, withLabels, width: source.isUneven ? 1 + Math.max(...indices.values()) : names.length };
}

function tableRow(
  values: readonly string[],
  { request, layout, line }: { request: Request; layout: Layout; line: number },
): Row {
  const { source } = request;
  const { indices, withLabels, width } = layout;
  if (values.length < width || (values.length > width && source.extraColumns === 'refuse'))
    return { line, problem: wrongWidth(values.length, width, { request, line }) };
  return { line, cells: cellsOf(source, withLabels, (name) => values[indices.get(name) as number]) };
}

function wrongWidth(
  got: number,
  expected: number,
  { request: { file, source }, line }: { request: Request; line: number },
): Diagnostic {
  const hint = hasQuotes(source)
    ? ' Is a quote missing?'
    : source.layout === undefined
      ? ' If values are in double quotes, set "source.quoting" to true.'
      : '';
  const message = `Expected ${expected} columns, got ${got}.${hint}`;
  return { code: 'TASK_DATA_COLUMN_COUNT', message, location: { file: file.label, line } };
}

async function* jsonRows(request: Request): AsyncGenerator<Row> {
  const { file, source } = request;
  for await (const lines of readLines(file.path, lineLimit(file, source))) {
    for (const { number: line, text, problem } of lines) {
      if (problem) yield { line, problem };
      else if (text.trim() !== '') yield jsonRow(text, request, line);
    }
  }
}

function jsonRow(text: string, request: Request, line: number): Row {
  const location = { file: request.file.label, line };
  const record = parseObject(text);
  if (record === undefined) return { line, problem: notAnObject(location) };
  const { source } = request;
  const isRepeated = [...textColumns(source), ...labelColumns(source)].some((name) => mayRepeat(text, name));
  const names = isRepeated ? memberNames(text) : Object.keys(record);
  // A member may be left out where that means the same as null.
  const needsLabels = request.needsLabels && !source.skipLabels.includes(null);
  const [problem] = columnProblems(names, { source, needsLabels }, location);
  if (problem) return { line, problem };
  const withLabels = hasLabels(names, source) || request.needsLabels;
  return { line, cells: cellsOf(source, withLabels, (name) => record[name]) };
}

async function* columnarRows(request: Request, open: (file: TableFile) => Promise<ColumnarFile>): AsyncGenerator<Row> {
  const { file, source } = request;
  const table = await open(file);
  try {
    const location = { file: file.label };
    const problems = columnProblems(table.names, request, location);
    if (problems.length === 0) problems.push(...kindProblems(table, request));
    for (const problem of problems) yield { line: 0, problem };
    if (problems.length > 0) return;
    const withLabels = hasLabels(table.names, source);
    const read = withLabels ? [...textColumns(source), ...labelColumns(source)] : textColumns(source);
    let line = 0;
    for await (const record of columnarRecords(table, read, file))
      yield columnarRow(record, { request, withLabels, line: ++line });
  } finally {
    await table.close();
  }
}

/** A problem for each column that is read and holds something that is neither a text nor a label. */
function kindProblems(table: ColumnarFile, request: Request): Diagnostic[] {
  return wantedColumns(table.names, request).flatMap((name) => {
    const kind = table.unreadable(name);
    if (kind === undefined) return [];
    const message = `The column ${JSON.stringify(name)} holds ${kind}; expected texts, numbers, booleans, or lists of these. Convert it before, or name another.`;
    return [{ code: 'TASK_DATA_COLUMN_TYPE', message, location: { file: request.file.label } }];
  });
}

function columnarRow(
  record: Readonly<Record<string, unknown>>,
  { request, withLabels, line }: { request: Request; withLabels: boolean; line: number },
): Row {
  const { source, file } = request;
  const bytes = textColumns(source).reduce((sum, name) => sum + sizeOf(record[name]), 0);
  if (bytes > source.maxRowBytes) {
    const message = `The texts of this row have ${bytes} bytes; "source.maxRowBytes" allows ${source.maxRowBytes}. Raise it if texts are that long.`;
    return { line, problem: { code: 'DATA_ROW_TOO_LONG', message, location: { file: file.label, line } } };
  }
  return { line, cells: cellsOf(source, withLabels, (name) => record[name]) };
}
