import type { Diagnostic } from '@retort/foundation/diagnostics';
import { readLines } from '@retort/texts/lines';
import { cellsOf, columnProblems, hasLabels, labelColumns, textColumns } from '../columns.ts';
import { mayRepeat, memberNames, notAnObject, parseObject } from '../json-object.ts';
import { lineLimit, type TableFile } from '../records.ts';
import type { Row, RowsRequest, ScannedRow, TableLayout, TaskFormat } from './format.ts';

export const jsonl: TaskFormat = {
  name: 'jsonl',
  description: 'One JSON object per line.',
  scan: scanJson,
  read: jsonRows,
};

function jsonRows(request: RowsRequest): AsyncGenerator<Row> {
  const { file, source } = request;
  return eachLine(file, source, (text, line) => jsonRow(text, request, line));
}

function jsonRow(text: string, request: RowsRequest, line: number): Row {
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

function scanJson(file: TableFile, layout: TableLayout): AsyncGenerator<ScannedRow> {
  return eachLine(file, layout, (text, line) => scanObject(text, line, file));
}

/** What `read` makes of each line, or what is wrong with the line; blank ones are left out. */
async function* eachLine<Result>(
  file: TableFile,
  layout: TableLayout,
  read: (text: string, line: number) => Result,
): AsyncGenerator<Result | { readonly line: number; readonly problem: Diagnostic }> {
  for await (const lines of readLines(file.path, lineLimit(file, layout))) {
    for (const { number: line, text, problem } of lines) {
      if (problem) yield { line, problem };
      else if (text.trim() !== '') yield read(text, line);
    }
  }
}

function scanObject(text: string, line: number, file: TableFile): ScannedRow {
  const record = parseObject(text);
  if (record === undefined) return { line, problem: notAnObject({ file: file.label, line }) };
  const names = memberNames(text);
  return { line, names, values: names.map((name) => record[name]) };
}
