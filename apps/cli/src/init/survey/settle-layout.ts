import { open } from 'node:fs/promises';
import { type Diagnostic, InvalidInputError } from '@retort/foundation/diagnostics';
import { isDecimal } from '@retort/stage-task-data/labels';
import { readRecords, type TableFile, type TableLayout, type TextLayout } from '@retort/stage-task-data/tables';
import { readLines } from '@retort/texts/lines';
import { isUsualName } from '../table-columns.ts';
import { DEFAULT_ROW_BYTES } from '../table-source.ts';

/** What a person has said of how both tables are written. */
export type LayoutChoice = Partial<Pick<TableLayout, 'format' | 'header' | 'delimiter' | 'quoting' | 'maxRowBytes'>>;

type Format = TableLayout['format'];
type Records = readonly (readonly string[])[];

const SAMPLED_ROWS = 200;

/** How tables are usually written, the most usual first. */
const USUAL: Readonly<Record<'csv' | 'tsv', readonly Pick<TextLayout, 'delimiter' | 'quoting'>[]>> = {
  csv: [
    {},
    { delimiter: ';' },
    { delimiter: '\t' },
    { delimiter: '|' },
    { quoting: false },
    { delimiter: ';', quoting: false },
    { delimiter: '\t', quoting: false },
    { delimiter: '|', quoting: false },
    // Words and their tags, which no table of texts is like.
    { delimiter: ' ', quoting: false },
  ],
  tsv: [{}, { quoting: true }],
};

/**
 * How both tables are written: format, what divides columns, quotes, header. One source of `task-data` reads them, so that
 * they have to be written alike.
 *
 * @throws InvalidInputError INIT_TABLE, INIT_TABLES_DIFFER
 */
export async function settleLayout(
  tables: readonly [TableFile, TableFile],
  choice: LayoutChoice,
): Promise<TableLayout> {
  const formats = await Promise.all(tables.map(async (table) => choice.format ?? formatOf(table)));
  const [format] = formats as [Format, Format];
  if (formats[1] !== format) throw differ(tables, [`is ${format}`, `is ${formats[1]}`], 'in one format');
  const { header, maxRowBytes = DEFAULT_ROW_BYTES, ...text } = choice;
  if (format !== 'csv' && format !== 'tsv') {
    refuseUnused(format, choice);
    return { format, header: true, maxRowBytes };
  }
  const layout = await settleText(tables, { ...text, maxRowBytes, format });
  return { ...layout, header: header ?? (await settleHeader(tables, layout)) };
}

/** @throws InvalidInputError INIT_LAYOUT for what a person has said of text, where there is none */
function refuseUnused(format: Format, { header, quoting }: LayoutChoice): void {
  const given = Object.entries({ header, quoting }).find(([, value]) => value !== undefined)?.[0];
  if (given === undefined) return;
  const message = `The tables are ${format}, so --${given} does not apply. Leave it out.`;
  throw new InvalidInputError([{ code: 'INIT_LAYOUT', message }]);
}

async function settleText(
  tables: readonly [TableFile, TableFile],
  choice: LayoutChoice & { readonly format: 'csv' | 'tsv'; readonly maxRowBytes: number },
): Promise<TextLayout> {
  const candidates = USUAL[choice.format]
    .map((usual) => ({ ...usual, ...choice }))
    .filter((each, i, all) => all.findIndex((other) => isSame(each, other)) === i);
  const fits = await Promise.all(
    candidates.map(async (each) => Promise.all(tables.map((table) => isEven(table, each)))),
  );
  const both = candidates[fits.findIndex((each) => each.every(Boolean))];
  if (both !== undefined) return both;
  const [first, second] = [0, 1].map((table) => candidates[fits.findIndex((each) => each[table])]);
  if (first !== undefined && second !== undefined) throw differ(tables, [dividedBy(first), dividedBy(second)], 'alike');
  return first ?? second ?? (candidates[0] as TextLayout);
}

function isSame(a: TextLayout, b: TextLayout): boolean {
  return a.delimiter === b.delimiter && a.quoting === b.quoting;
}

function dividedBy({ format, delimiter, quoting }: TextLayout): string {
  const divider = delimiter ?? (format === 'csv' ? ',' : '\t');
  return `separates columns by ${JSON.stringify(divider)}${quoting === undefined ? '' : quoting ? ' with quotes' : ' without quotes'}`;
}

/** Whether a layout divides the first rows into columns, all into as many. */
async function isEven(table: TableFile, layout: TextLayout): Promise<boolean> {
  const records = await sampled(table, layout);
  const width = records?.[0]?.length ?? 0;
  return width > 1 && records?.every((record) => record.length === width) === true;
}

/** The first rows; undefined where one cannot be taken apart. */
async function sampled(table: TableFile, layout: TextLayout): Promise<Records | undefined> {
  const records: (readonly string[])[] = [];
  try {
    for await (const { values, problem } of readRecords(table, layout)) {
      if (problem !== undefined && problem.code !== 'DATA_ENCODING') return undefined;
      if (values !== undefined) records.push(values);
      if (records.length === SAMPLED_ROWS) break;
    }
  } catch (error) {
    if (error instanceof InvalidInputError && error.code === 'TASK_DATA_DELIMITER') return undefined;
    throw error;
  }
  return records;
}

async function settleHeader(tables: readonly [TableFile, TableFile], layout: TextLayout): Promise<boolean> {
  const [train = [], validation = []] = await Promise.all(tables.map((table) => sampled(table, layout)));
  const evidence = [headerEvidence(train), headerEvidence(validation)];
  const isSameStart = String(train[0]) === String(validation[0]);
  if (isSameStart)
    return evidence.includes('names') || !evidence.includes('data') || String(train[1]) !== String(validation[1]);
  if (evidence.includes('names') && evidence.includes('data')) {
    const says = evidence.map((each) =>
      each === 'names' ? 'starts with a row of names' : 'starts with a row of values',
    );
    throw differ(tables, says as [string, string], 'both with a row of names, or both without');
  }
  return !evidence.includes('data');
}

/** What the first row of a table says of itself, beside the others. */
export function headerEvidence([first = [], ...others]: Records): 'names' | 'data' | undefined {
  const cells = first.map((cell) => cell.trim());
  if (cells.some(isUsualName) || isCounting(cells)) return 'names';
  const isValue = cells.some((cell, i) =>
    isValueOf(
      cell,
      others.map((row) => row[i]?.trim() ?? ''),
    ),
  );
  return isValue ? 'data' : undefined;
}

/** `0,1,2`, as tools name columns that nobody has named. */
function isCounting(cells: readonly string[]): boolean {
  return cells.length > 1 && [0, 1].some((start) => cells.every((cell, i) => cell === String(i + start)));
}

/** Whether a cell is one more value of its column: a number among numbers, a class among classes, nothing where others have nothing. */
function isValueOf(cell: string, column: readonly string[]): boolean {
  if (cell === '') return column.includes('');
  if (isDecimal(cell)) return column.length > 0 && column.every((value) => value === '' || isDecimal(value));
  return column.includes(cell) && new Set(column).size <= column.length / 2;
}

/** By its name; a file of another name by its first bytes. */
async function formatOf({ path, label }: TableFile): Promise<Format> {
  const name = path.toLowerCase().replace(/\.gz$/, '');
  const [, format] = NAMES.find(([pattern]) => pattern.test(name)) ?? [];
  if (format !== undefined) return format;
  const magic = await firstBytes(path);
  if (magic.startsWith('PAR1')) return 'parquet';
  if (magic.startsWith('ARROW1') || magic.startsWith('\xff\xff\xff\xff')) return 'arrow';
  for await (const [line] of readLines(path, { label, maxBytesPerLine: DEFAULT_ROW_BYTES })) {
    if (line === undefined) continue;
    const text = line.text?.trim() ?? '';
    if (text.startsWith('[')) throw bad(label, 'It is one JSON array. Write one object per line.');
    if (text.startsWith('{')) return 'jsonl';
    return text.includes('\t') ? 'tsv' : 'csv';
  }
  throw bad(label, 'It is empty.');
}

const NAMES: readonly (readonly [RegExp, Format])[] = [
  [/\.(jsonl|ndjson)$/, 'jsonl'],
  [/\.csv$/, 'csv'],
  [/\.(tsv|tab)$/, 'tsv'],
  [/\.(parquet|pq)$/, 'parquet'],
  [/\.(arrow|ipc|feather)$/, 'arrow'],
];

async function firstBytes(path: string): Promise<string> {
  const handle = await open(path, 'r').catch(() => undefined);
  try {
    const { buffer, bytesRead } = (await handle?.read(Buffer.alloc(6), 0, 6, 0)) ?? {
      buffer: Buffer.of(),
      bytesRead: 0,
    };
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle?.close();
  }
}

/** @param says  what each table is, as the rest of a sentence */
function differ(tables: readonly TableFile[], says: readonly string[], how: string): InvalidInputError {
  const list = tables.map(({ label }, i) => `${label} ${says[i]}`).join(', but ');
  const message = `Both tables must have the same layout, but ${list}. Write them ${how}.`;
  return new InvalidInputError([{ code: 'INIT_TABLES_DIFFER', message }]);
}

export function bad(file: string, message: string): InvalidInputError {
  const problem: Diagnostic = { code: 'INIT_TABLE', message, location: { file } };
  return new InvalidInputError([problem]);
}
