import { type Diagnostic, theSetting } from '@retort/foundation/diagnostics';
import { openArrow } from '../arrow-file.ts';
import type { ColumnarFile } from '../columnar-file.ts';
import { columnarRecords, sizeOf } from '../columnar-records.ts';
import { cellsOf, columnProblems, hasLabels, labelColumns, textColumns, wantedColumns } from '../columns.ts';
import { openParquet } from '../parquet-file.ts';
import type { TableFile } from '../records.ts';
import type { Row, RowsRequest, ScannedRow, TaskFormat } from './format.ts';

export const parquet: TaskFormat = {
  name: 'parquet',
  description: 'A columnar file.',
  scan: (file) => scanColumnar(file, openParquet),
  read: (request) => columnarRows(request, openParquet),
};

export const arrow: TaskFormat = {
  name: 'arrow',
  description: 'A columnar file in the Arrow file or stream format.',
  scan: (file) => scanColumnar(file, openArrow),
  read: (request) => columnarRows(request, openArrow),
};

type Open = (file: TableFile) => Promise<ColumnarFile>;

async function* columnarRows(request: RowsRequest, open: Open): AsyncGenerator<Row> {
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
function kindProblems(table: ColumnarFile, request: RowsRequest): Diagnostic[] {
  return wantedColumns(table.names, request).flatMap((name) => {
    const kind = table.unreadable(name);
    if (kind === undefined) return [];
    const message = `The column ${JSON.stringify(name)} contains ${kind}, expected text, numbers, booleans or lists of these. Convert it, or name another column.`;
    return [{ code: 'TASK_DATA_COLUMN_TYPE', message, location: { file: request.file.label } }];
  });
}

function columnarRow(
  record: Readonly<Record<string, unknown>>,
  { request, withLabels, line }: { request: RowsRequest; withLabels: boolean; line: number },
): Row {
  const { source, file } = request;
  const bytes = textColumns(source).reduce((sum, name) => sum + sizeOf(record[name]), 0);
  if (bytes > source.maxRowBytes) {
    const limit = theSetting('source.maxRowBytes');
    const message = `The texts of this row have ${bytes} bytes, but at most ${source.maxRowBytes} are read. For texts this long, raise ${limit.words}.`;
    const location = { file: file.label, line };
    return { line, problem: { code: 'DATA_ROW_TOO_LONG', message, location, advice: [limit] } };
  }
  return { line, cells: cellsOf(source, withLabels, (name) => record[name]) };
}

/** In place of what is there, and is neither a text nor labels. */
const UNREAD = Object.freeze({});

async function* scanColumnar(file: TableFile, open: Open): AsyncGenerator<ScannedRow> {
  const table = await open(file);
  try {
    const { names } = table;
    // Of columns that hold neither texts nor labels, dates for example, nothing is read.
    const readable = [...new Set(names)].filter((name) => table.unreadable(name) === undefined);
    const isReadable = names.map((name) => readable.includes(name));
    let line = 0;
    for await (const record of columnarRecords(table, readable, file))
      yield { line: ++line, names, values: names.map((name, i) => (isReadable[i] ? record[name] : UNREAD)) };
  } finally {
    await table.close();
  }
}
