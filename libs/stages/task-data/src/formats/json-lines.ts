import { readLines } from '@retort/texts/lines';
import { cellsOf, columnProblems, hasLabels, labelColumns, textColumns } from '../columns.ts';
import { mayRepeat, memberNames, notAnObject, parseObject } from '../json-object.ts';
import { lineLimit, type TableFile } from '../records.ts';
import type { Row, RowsRequest, ScannedRow, TableLayout, TaskFormat } from './format.ts';

export const jsonl: TaskFormat = {
  name: 'jsonl',
  description: 'One JSON object a line.',
  scan: scanJson,
  read: jsonRows,
};

async function* jsonRows(request: RowsRequest): AsyncGenerator<Row> {
  const { file, source } = request;
  for await (const lines of readLines(file.path, lineLimit(file, source))) {
    for (const { number: line, text, problem } of lines) {
      if (problem) yield { line, problem };
      else if (text.trim() !== '') yield jsonRow(text, request, line);
    }
  }
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

async function* scanJson(file: TableFile, layout: TableLayout): AsyncGenerator<ScannedRow> {
  for await (const lines of readLines(file.path, lineLimit(file, layout))) {
    for (const { number: line, text, problem } of lines) {
      if (problem) yield { line, problem };
      else if (text.trim() !== '') yield scanObject(text, line, file);
    }
  }
}

function scanObject(text: string, line: number, file: TableFile): ScannedRow {
  const record = parseObject(text);
  if (record === undefined) return { line, problem: notAnObject({ file: file.label, line }) };
  const names = memberNames(text);
  return { line, names, values: names.map((name) => record[name]) };
}
