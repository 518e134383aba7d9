import { type ColumnRequest, wantedColumns } from './columns.ts';
import { delimiterOf } from './table-source.ts';

/** What tables are usually divided by. */
const USUAL = [',', ';', '\t', '|'];

/**
 * Which setting would divide the first row into the columns that are wanted, as the end of a message; empty when none
 * would.
 *
 * @param values of the first row as it was divided
 */
export function delimiterAdvice(values: readonly string[], request: ColumnRequest): string {
  const { source } = request;
  const used = delimiterOf(source);
  const line = values.join(used);
  const right = USUAL.filter((delimiter) => delimiter !== used).find((delimiter) => {
    const names = columnNames(line.split(delimiter), source.header);
    return wantedColumns(names, request).every((name) => names.includes(name));
  });
  return right === undefined ? '' : ` It is there if ${delimiterSetting(right, source.format)}.`;
}

/** The setting that divides columns by a character, in the words of a pipeline file. */
export function delimiterSetting(delimiter: string, format: string): string {
  if (delimiter === '\t') return '"source.format" is "tsv"';
  const setting = `"source.delimiter" is ${JSON.stringify(delimiter)}`;
  if (format === 'csv') return setting;
  return delimiter === ',' ? '"source.format" is "csv"' : `"source.format" is "csv" and ${setting}`;
}

/** Names of the columns, from the first row or by their numbers. */
export function columnNames(firstRow: readonly string[], header: boolean): string[] {
  return firstRow.map((value, i) => (header ? value.replaceAll('"', '').trim() : String(i + 1)));
}
