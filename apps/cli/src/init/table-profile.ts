import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { InvalidInputError } from '@retort/diagnostics';
import { openBytes, readLines, unreadable } from '@retort/text-lines';
import { parse } from 'csv-parse';

export type TableFormat = 'csv' | 'tsv' | 'jsonl';

/** What one column of a table holds, over all rows. */
export interface ColumnProfile {
  readonly name: string;
  /** Value, trimmed -> rows; undefined once there are too many to be classes. */
  readonly values: ReadonlyMap<string, number> | undefined;
  readonly isNumeric: boolean;
  readonly meanCharacters: number;
  /** Line of the first row without a value; undefined when every row has one. */
  readonly firstEmptyLine?: number;
}

export interface TableProfile {
  readonly path: string;
  readonly format: TableFormat;
  readonly rows: number;
  readonly columns: readonly ColumnProfile[];
  /** Some rows have more columns than the header. */
  readonly hasWiderRows: boolean;
}

/** More different values than this are no classes. */
const MOST_CLASSES = 200;
const LONGEST_ROW_BYTES = 1 << 20;

/**
 * Reads a whole table, gzip'd or not, and says what is in each column. CSV has quotes, TSV has none, as `task-data` reads them.
 *
 * @throws InvalidInputError DATA_UNREADABLE, INIT_TABLE
 */
export async function profileTable(path: string): Promise<TableProfile> {
  const format = await formatOf(path);
  const rows = format === 'jsonl' ? jsonRows(path) : delimitedRows(path, format);
  const profiler = new Profiler();
  try {
    for await (const { line, cells } of rows) profiler.add(line, cells);
  } catch (error) {
    throw (error as { code?: string }).code?.startsWith('CSV_')
      ? bad(path, (error as Error).message)
      : unreadable(path, error);
  }
  if (profiler.rows === 0) throw bad(path, 'There are no rows in it.');
  const narrow = profiler.firstNarrowLine;
  if (narrow !== undefined) throw bad(path, 'This row has fewer columns than the first one.', narrow);
  return { path, format, rows: profiler.rows, columns: profiler.columns(), hasWiderRows: profiler.hasWiderRows };
}

interface Row {
  readonly line: number;
  /** Column -> value; of a row that is too long, the surplus is under no name. */
  readonly cells: ReadonlyMap<string, string>;
  readonly isNarrow?: boolean;
  readonly isWide?: boolean;
}

class Profiler {
  rows = 0;
  hasWiderRows = false;
  firstNarrowLine: number | undefined;
  readonly #columns = new Map<string, ColumnState>();

  add(line: number, { cells, isNarrow, isWide }: Omit<Row, 'line'>): void {
    this.rows++;
    this.hasWiderRows ||= isWide === true;
    if (isNarrow) this.firstNarrowLine ??= line;
    for (const [name, value] of cells) {
      const column = this.#columns.get(name) ?? new ColumnState(name);
      this.#columns.set(name, column);
      column.add(line, value.trim());
    }
  }

  columns(): ColumnProfile[] {
    return [...this.#columns.values()].map((column) => column.profile());
  }
}

class ColumnState {
  readonly #name: string;
  #values: Map<string, number> | undefined = new Map();
  #isNumeric = true;
  #characters = 0;
  #rows = 0;
  #firstEmptyLine: number | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  add(line: number, value: string): void {
    this.#rows++;
    this.#characters += value.length;
    if (value === '') this.#firstEmptyLine ??= line;
    this.#isNumeric &&= value === '' || Number.isFinite(Number(value));
    this.#values?.set(value, (this.#values.get(value) ?? 0) + 1);
    if ((this.#values?.size ?? 0) > MOST_CLASSES) this.#values = undefined;
  }

  profile(): ColumnProfile {
    return {
      name: this.#name,
      values: this.#values,
      isNumeric: this.#isNumeric,
      meanCharacters: this.#characters / this.#rows,
      ...(this.#firstEmptyLine !== undefined && { firstEmptyLine: this.#firstEmptyLine }),
    };
  }
}

/** By its name; a file of another name by its first line. */
async function formatOf(path: string): Promise<TableFormat> {
  const name = basename(path).toLowerCase().replace(/\.gz$/, '');
  if (/\.(jsonl|ndjson)$/.test(name)) return 'jsonl';
  if (name.endsWith('.csv')) return 'csv';
  if (name.endsWith('.tsv')) return 'tsv';
  for await (const [line] of readLines(path, { label: path, maxBytesPerLine: LONGEST_ROW_BYTES })) {
    const text = line?.text ?? '';
    if (text.startsWith('{')) return 'jsonl';
    return text.includes('\t') ? 'tsv' : 'csv';
  }
  throw bad(path, 'It is empty.');
}

async function* delimitedRows(
  path: string,
  format: 'csv' | 'tsv',
): AsyncGenerator<{ line: number; cells: Omit<Row, 'line'> }> {
  const parser = parse({
    bom: true,
    delimiter: format === 'csv' ? ',' : '\t',
    quote: format === 'csv' ? '"' : null,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_ROW_BYTES,
  });
  const source = Readable.from(openBytes(path));
  source.on('error', (error) => parser.destroy(error));
  let header: string[] | undefined;
  for await (const { record, info } of source.pipe(parser) as AsyncIterable<{
    record: string[];
    info: { lines: number };
  }>) {
    if (header === undefined) {
      header = record.map((name) => name.trim());
      continue;
    }
    const cells = new Map(header.map((name, i) => [name, record[i] ?? '']));
    const [isNarrow, isWide] = [record.length < header.length, record.length > header.length];
    yield { line: info.lines, cells: { cells, isNarrow, isWide } };
  }
}

async function* jsonRows(path: string): AsyncGenerator<{ line: number; cells: Omit<Row, 'line'> }> {
  for await (const lines of readLines(path, { label: path, maxBytesPerLine: LONGEST_ROW_BYTES })) {
    for (const { number, text, problem } of lines) {
      if (problem !== undefined) throw new InvalidInputError([problem]);
      if (text.trim() === '') continue;
      const value = parseJson(text, path, number);
      const cells = Object.entries(value).filter(([, cell]) => ['string', 'number', 'boolean'].includes(typeof cell));
      yield { line: number, cells: { cells: new Map(cells.map(([name, cell]) => [name, String(cell)])) } };
    }
  }
}

function parseJson(text: string, path: string, line: number): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {}
  throw bad(path, 'Expected one JSON object on each line.', line);
}

function bad(file: string, message: string, line?: number): InvalidInputError {
  return new InvalidInputError([
    { code: 'INIT_TABLE', message, location: { file, ...(line !== undefined && { line }) } },
  ]);
}
