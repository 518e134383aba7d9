import { formatBytes, InvalidInputError } from '@retort/foundation/diagnostics';
import { unpacksTooFar } from '@retort/texts/lines';
import type { ColumnarFile } from './columnar-file.ts';
import type { TableFile } from './records.ts';

/**
 * Rows of a columnar file one by one.
 *
 * @throws InvalidInputError DATA_UNREADABLE for rows that are far more than the file can hold of text
 */
export async function* columnarRecords(
  table: ColumnarFile,
  columns: readonly string[],
  file: TableFile,
): AsyncGenerator<Readonly<Record<string, unknown>>> {
  let unpacked = 0;
  for await (const records of table.read(columns)) {
    for (const record of records) {
      unpacked += columns.reduce((sum, name) => sum + sizeOf(record[name]), ROW_BYTES);
      if (unpacksTooFar({ packed: table.bytes, unpacked, free: UNCHECKED_BYTES })) throw tooFar(file, table);
      yield record;
    }
  }
}

/** What a row takes at least, whatever is in it. */
const ROW_BYTES = 256;
/** One text for all rows is a dictionary of one. Few tables say the same so often, and none fills a disk with it. */
const UNCHECKED_BYTES = 1 << 30;

/** Bytes of a text, values of a list. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  return Array.isArray(value) ? value.length : 0;
}

function tooFar({ label }: TableFile, { bytes }: ColumnarFile): InvalidInputError {
  const message = `This file of ${formatBytes(bytes)} unpacks to more than ${formatBytes(UNCHECKED_BYTES)} of rows, over 100 times its size, which is too much for text. Check where it comes from.`;
  return new InvalidInputError([{ code: 'DATA_UNREADABLE', message, location: { file: label } }]);
}
