import type { Diagnostic } from '@retort/foundation/diagnostics';
import { readLines } from '@retort/texts/lines';
import { openArrow } from './arrow-file.ts';
import type { ColumnarFile } from './columnar-file.ts';
import { columnarRecords } from './columnar-records.ts';
import { memberNames, notAnObject, parseObject } from './json-object.ts';
import { openParquet } from './parquet-file.ts';
import { lineLimit, readRecords, type TableFile } from './records.ts';
import type { TableSource, TextLayout } from './table-source.ts';

/** How a table is written, whatever is read of it. */
export type TableLayout = TextLayout & Pick<TableSource, 'header'>;

/** All that is in a row, or what is wrong with it. */
export type ScannedRow =
  | {
      readonly line: number;
      /** Of the columns of the table, or the members of this object; one may occur twice. */
      readonly names: readonly string[];
      /** In the order of names; a row may be shorter or longer. */
      readonly values: readonly unknown[];
      readonly problem?: undefined;
    }
  | { readonly line: number; readonly problem: Diagnostic };

/** Every row of a table with every column, for who has yet to find out what is in it. */
export function scanTable(file: TableFile, layout: TableLayout): AsyncGenerator<ScannedRow> {
  switch (layout.format) {
    case 'jsonl':
      return scanJson(file, layout);
    case 'parquet':
      return scanColumnar(file, openParquet);
    case 'arrow':
      return scanColumnar(file, openArrow);
    default:
      return scanText(file, layout);
  }
}

async function* scanText(file: TableFile, layout: TableLayout): AsyncGenerator<ScannedRow> {
  let names: readonly string[] | undefined;
  for await (const { line, values, problem } of readRecords(file, layout)) {
    if (problem) yield { line, problem };
    else if (names === undefined) {
      names = layout.header ? values.map((name) => name.trim()) : values.map((_, i) => String(i + 1));
      if (!layout.header) yield { line, names, values };
    } else yield { line, names, values };
  }
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

/** In place of what is there, and is neither a text nor labels. */
const UNREAD = Object.freeze({});

async function* scanColumnar(
  file: TableFile,
  open: (file: TableFile) => Promise<ColumnarFile>,
): AsyncGenerator<ScannedRow> {
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
