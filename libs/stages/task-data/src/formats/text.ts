import { type Diagnostic, inWords, setTo } from '@retort/foundation/diagnostics';
import { cellsOf, columnProblems, hasLabels, labelColumns, textColumns } from '../columns.ts';
import { delimiterAdvice } from '../delimiter-advice.ts';
import { readRecords, type TableFile } from '../records.ts';
import { hasQuotes } from '../table-source.ts';
import type { Row, RowsRequest, ScannedRow, TableLayout, TaskFormat } from './format.ts';

export const tsv: TaskFormat = {
  name: 'tsv',
  description: 'Columns separated by tabs.',
  uses: ['header', 'quoting', 'extraColumns'],
  scan: scanText,
  read: textRows,
};

export const csv: TaskFormat = {
  name: 'csv',
  description: 'Columns separated by commas, or by `delimiter`.',
  uses: ['header', 'quoting', 'delimiter', 'extraColumns'],
  scan: scanText,
  read: textRows,
};

interface Layout {
  readonly indices: ReadonlyMap<string, number>;
  readonly withLabels: boolean;
  /** Columns that a row has at least, and where more are refused at most. */
  readonly width: number;
}

async function* textRows(request: RowsRequest): AsyncGenerator<Row> {
  const { file, source } = request;
  let layout: Layout | undefined;
  for await (const { line, values, problem } of readRecords(file, source)) {
    if (problem) {
      yield { line, problem };
      continue;
    }
    if (layout === undefined) {
      const names = columnNames(values, source);
      const advice = delimiterAdvice(values, request);
      const problems = columnProblems(names, request, { file: file.label, line }, advice);
      for (const missing of problems) yield { line, problem: missing };
      if (problems.length > 0) return;
      layout = layoutOf(names, request);
      if (source.header) continue;
    }
    yield textRow(values, { request, layout, line });
  }
}

function layoutOf(names: readonly string[], { source }: RowsRequest): Layout {
  const withLabels = hasLabels(names, source);
  const read = withLabels ? [...textColumns(source), ...labelColumns(source)] : textColumns(source);
  const indices = new Map(read.map((name) => [name, names.indexOf(name)]));
  return { indices, withLabels, width: source.isUneven ? 1 + Math.max(...indices.values()) : names.length };
}

function textRow(
  values: readonly string[],
  { request, layout, line }: { request: RowsRequest; layout: Layout; line: number },
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
  { request: { file, source }, line }: { request: RowsRequest; line: number },
): Diagnostic {
  const advice = hasQuotes(source) || source.layout !== undefined ? [] : [setTo('source.quoting', true)];
  const hint = hasQuotes(source)
    ? ' Check for a missing quote.'
    : advice.length > 0
      ? ` If values are in double quotes, ${inWords(advice)}.`
      : '';
  const message = `Expected ${expected} columns, got ${got}.${hint}`;
  return {
    code: 'TASK_DATA_COLUMN_COUNT',
    message,
    location: { file: file.label, line },
    ...(advice.length > 0 && { advice }),
  };
}

async function* scanText(file: TableFile, layout: TableLayout): AsyncGenerator<ScannedRow> {
  let names: readonly string[] | undefined;
  for await (const { line, values, problem } of readRecords(file, layout)) {
    if (problem) yield { line, problem };
    else if (names === undefined) {
      names = columnNames(values, layout);
      if (!layout.header) yield { line, names, values };
    } else yield { line, names, values };
  }
}

/** Of the header, or from 1 on without one. @param first record of the table */
function columnNames(first: readonly string[], { header }: Pick<TableLayout, 'header'>): string[] {
  return header ? first.map((name) => name.trim()) : first.map((_, i) => String(i + 1));
}
