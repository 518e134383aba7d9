import { pipeline, Readable } from 'node:stream';
import type { Diagnostic } from '@retort/diagnostics';
import { type Line, readLines } from '@retort/text-lines';
import { CsvError, parse } from 'csv-parse';
import type { TableSource } from './table-source.ts';

/** A row of a table as it is written, or what is wrong with it. */
export type TableRecord =
  | { readonly line: number; readonly values: readonly string[]; readonly problem?: undefined }
  | { readonly line: number; readonly values?: undefined; readonly problem: Diagnostic };

export interface TableFile {
  readonly path: string;
  /** How messages call the file. */
  readonly label: string;
}

/** Rows of a TSV or CSV file, the header among them; empty lines are left out. */
export function readRecords(file: TableFile, source: TableSource): AsyncGenerator<TableRecord> {
  const lines = readLines(file.path, { label: file.label, maxBytesPerLine: source.maxRowBytes });
  const delimiter = source.format === 'csv' ? ',' : '\t';
  return (source.quoting ?? source.format === 'csv')
    ? quotedRecords(lines, { file, delimiter, maxRowBytes: source.maxRowBytes })
    : plainRecords(lines, delimiter);
}

/** Every line is a row and every delimiter divides: how GLUE files are meant. */
async function* plainRecords(lines: AsyncIterable<Line[]>, delimiter: string): AsyncGenerator<TableRecord> {
  for await (const some of lines) {
    for (const { number, text, problem } of some) {
      if (problem) yield { line: number, problem };
      else if (text.trim() !== '') yield { line: number, values: text.split(delimiter) };
    }
  }
}

interface Quoted {
  readonly file: TableFile;
  readonly delimiter: string;
  readonly maxRowBytes: number;
}

/** A quoted value may hold delimiters and line breaks, so a row may be of several lines. */
async function* quotedRecords(
  lines: AsyncIterable<Line[]>,
  { file, delimiter, maxRowBytes }: Quoted,
): AsyncGenerator<TableRecord> {
  const badLines: TableRecord[] = [];
  const options = {
    delimiter,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxRowBytes,
  };
  // An error of the source destroys the parser, and so ends the loop below.
  const rows = pipeline(Readable.from(goodText(lines, badLines)), parse(options), () => undefined);
  try {
    for await (const { record, info } of rows as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      yield { line: info.lines, values: record };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = (error as CsvError & { lines?: number }).lines ?? 0;
    yield {
      line,
      problem: { code: 'TASK_DATA_QUOTES', message: quoteMessage(error), location: { file: file.label, line } },
    };
  }
  yield* badLines;
}

async function* goodText(lines: AsyncIterable<Line[]>, badLines: TableRecord[]): AsyncGenerator<string> {
  for await (const some of lines) {
    const texts: string[] = [];
    for (const { number, text, problem } of some) {
      if (problem) badLines.push({ line: number, problem });
      else texts.push(`${text}\n`);
    }
    if (texts.length > 0) yield texts.join('');
  }
}

function quoteMessage({ code, message }: CsvError): string {
  const reason = code === 'CSV_MAX_RECORD_SIZE' ? 'a quoted value goes on too long' : message.replace(/\.$/, '');
  return `This row cannot be taken apart: ${reason}. If quotes mean nothing in this file, set "source.quoting" to false.`;
}
