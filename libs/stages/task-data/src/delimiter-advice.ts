import { type SettingAdvice, setTo } from '@retort/foundation/diagnostics';
import { type ColumnRequest, wantedColumns } from './columns.ts';
import { delimiterOf } from './table-source.ts';

/** What tables are usually divided by. */
const USUAL = [',', ';', '\t', '|'];

/**
 * Which settings would divide the first row into the columns that are wanted; none when no delimiter does.
 *
 * @param values of the first row as it was divided
 */
export function delimiterAdvice(values: readonly string[], request: ColumnRequest): SettingAdvice[] {
  const { source } = request;
  const used = delimiterOf(source);
  const line = values.join(used);
  const right = USUAL.filter((delimiter) => delimiter !== used).find((delimiter) => {
    const names = columnNames(line.split(delimiter), source.header);
    return wantedColumns(names, request).every((name) => names.includes(name));
  });
  return right === undefined ? [] : delimiterSettings(right, source.format);
}

/** The settings that divide columns by a character. */
export function delimiterSettings(delimiter: string, format: string): SettingAdvice[] {
  if (delimiter === '\t') return [setTo('source.format', 'tsv')];
  return [
    ...(format === 'csv' ? [] : [setTo('source.format', 'csv')]),
    ...(format !== 'csv' && delimiter === ',' ? [] : [setTo('source.delimiter', delimiter)]),
  ];
}

/** Names of the columns, from the first row or by their numbers. */
export function columnNames(firstRow: readonly string[], header: boolean): string[] {
  return firstRow.map((value, i) => (header ? value.replaceAll('"', '').trim() : String(i + 1)));
}
