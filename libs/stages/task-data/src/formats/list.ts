import { extensionPoint } from '@retort/foundation/extensions';
import { cellsOf, columnProblems, hasLabels } from '../columns.ts';
import type { TableFile } from '../records.ts';
import { arrow, parquet } from './columnar.ts';
import type { Row, RowsRequest, ScannedRow, TableLayout, TaskFormat } from './format.ts';
import { jsonl } from './json-lines.ts';
import { csv, tsv } from './text.ts';

export const taskFormats = extensionPoint<TaskFormat>('taskFormats', [tsv, csv, jsonl, parquet, arrow]);

/** Every row of a table with every column, for who has yet to find out what is in it. */
export function scanTable(file: TableFile, layout: TableLayout): AsyncGenerator<ScannedRow> {
  return taskFormats.get(layout.format).scan(file, layout);
}

/** Rows of a table in order. */
export function readRows(request: RowsRequest): AsyncGenerator<Row> {
  const { read = scannedRows } = taskFormats.get(request.source.format);
  return read(request);
}

/** The cells of examples out of all that is in a row. */
async function* scannedRows(request: RowsRequest): AsyncGenerator<Row> {
  const { file, source } = request;
  let checked: readonly string[] | undefined;
  for await (const row of taskFormats.get(source.format).scan(file, source)) {
    const { line } = row;
    if (row.problem) {
      yield { line, problem: row.problem };
      continue;
    }
    const { names, values } = row;
    const problems = names === checked ? [] : columnProblems(names, request, { file: file.label, line });
    for (const problem of problems) yield { line, problem };
    if (problems.length > 0) return;
    checked = names;
    yield { line, cells: cellsOf(source, hasLabels(names, source), (name) => values[names.indexOf(name)]) };
  }
}
