import { pipeline, Readable } from 'node:stream';
import { type Diagnostic, InvalidInputError, inWords, setTo, theSetting } from '@retort/foundation/diagnostics';
import { type Line, type ReadLinesOptions, readLines } from '@retort/texts/lines';
import { CsvError, type Options, parse } from 'csv-parse';
import { delimiterSettings } from './delimiter-advice.ts';
import { delimiterOf, hasQuotes, type TextLayout } from './table-source.ts';

/** A row of a table as it is written, or what is wrong with it. */
export type TableRecord =
  | { readonly line: number; readonly values: readonly string[]; readonly problem?: undefined }
  | { readonly line: number; readonly values?: undefined; readonly problem: Diagnostic };

export interface TableFile {
  readonly path: string;
  /** How messages call the file. */
  readonly label: string;
}

/** How lines of a table are read. */
export function lineLimit(
  { label }: TableFile,
  { maxRowBytes, layout }: Pick<TextLayout, 'maxRowBytes' | 'layout'>,
): ReadLinesOptions {
  const setting = layout === undefined ? 'source.maxRowBytes' : undefined;
  return { label, maxBytesPerLine: maxRowBytes, ...(setting && { setting }) };
}

/**
 * Rows of a TSV or CSV file, the header among them; empty lines are left out.
 *
 * @throws InvalidInputError TASK_DATA_DELIMITER for a file that says itself that it is divided by something else
 */
export function readRecords(file: TableFile, source: TextLayout): AsyncGenerator<TableRecord> {
  const delimiter = delimiterOf(source);
  const lines = tableLines(readLines(file.path, lineLimit(file, source)), { file, source, delimiter });
  return hasQuotes(source)
    ? quotedRecords(lines, { file, delimiter, maxRowBytes: source.maxRowBytes })
    : plainRecords(lines, delimiter);
}

/** A first line by which Excel knows the delimiter; it is no row. */
const SEPARATOR_LINE = /^"?sep=(.)"?$/i;

interface TextTable {
  readonly file: TableFile;
  readonly source: TextLayout;
  readonly delimiter: string;
}

/** Lines of the table, with nothing in the place of one that says what divides the columns. */
async function* tableLines(
  lines: AsyncIterable<Line[]>,
  { file, source, delimiter }: TextTable,
): AsyncGenerator<Line[]> {
  for await (const some of lines) {
    const [first, ...others] = some;
    const said = first?.number === 1 ? SEPARATOR_LINE.exec(first.text ?? '')?.[1] : undefined;
    if (said !== undefined && said !== delimiter) {
      const advice = delimiterSettings(said, source.format);
      const message = `This line says that ${JSON.stringify(said)} separates columns, but ${JSON.stringify(delimiter)} is expected. Remove the line, or ${inWords(advice)}.`;
      const location = { file: file.label, line: 1 };
      throw new InvalidInputError([{ code: 'TASK_DATA_DELIMITER', message, location, advice }]);
    }
    yield said === undefined ? some : [{ number: 1, text: '' }, ...others];
  }
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
  let startsAt = 1;
  const options: Options = {
    delimiter,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxRowBytes,
    // What was parsed before an error may never be read below.
    on_record: (record: string[], { lines }) => {
      startsAt = lines + 1;
      return record;
    },
  };
  // An error of the source destroys the parser, and so ends the loop below.
  const rows = pipeline(Readable.from(goodText(lines, badLines)), parse(options), () => undefined);
  try {
    for await (const { record, info } of rows as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      yield { line: info.lines, values: record };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    yield csvProblem(error, { file, startsAt, maxRowBytes });
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

/** @param startsAt line on which the row begins: a quoted value may span many lines */
function csvProblem(
  { code, message: seen, lines = 0 }: CsvError & { lines?: number },
  { file, startsAt, maxRowBytes }: Pick<Quoted, 'file' | 'maxRowBytes'> & { startsAt: number },
): TableRecord {
  const at = (line: number, problem: Omit<Diagnostic, 'location'>): TableRecord => {
    return { line, problem: { ...problem, location: { file: file.label, line } } };
  };
  if (code === 'CSV_MAX_RECORD_SIZE') {
    const limit = theSetting('source.maxRowBytes');
    const message = `The row that starts on this line has more than ${maxRowBytes} bytes. Close the quote that was left open, or raise ${limit.words}.`;
    return at(startsAt, { code: 'DATA_ROW_TOO_LONG', message, advice: [limit] });
  }
  // `"one";"two"` between commas: a closing quote is followed by what divides the columns.
  const [, delimiter = ''] = /^Invalid Closing Quote: got "(.)"/su.exec(seen) ?? [];
  const separators = /^[;\t|,]$/.test(delimiter) ? delimiterSettings(delimiter, 'csv') : [];
  const quoting = setTo('source.quoting', false);
  const byColumn =
    separators.length > 0 ? ` If ${JSON.stringify(delimiter)} separates columns, ${inWords(separators)}.` : '';
  const message = `The columns of this row cannot be read: ${seen.replace(/\.$/, '')}.${byColumn} If quotes have no meaning in this file, ${quoting.words}.`;
  return at(lines, { code: 'TASK_DATA_QUOTES', message, advice: [...separators, quoting] });
}
