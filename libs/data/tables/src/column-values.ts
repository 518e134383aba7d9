import type { Data, RecordBatch } from 'apache-arrow';
import type { Ragged } from './columns.ts';

/** The stored column of a batch, by name; undefined where the batch has none. */
export function columnData(batch: RecordBatch, name: string): Data | undefined {
  return batch.getChild(name)?.data[0];
}

/** Views into the batch's own memory; copy before changing. */
export function numbersOf<Values extends Int32Array | Float32Array>(data: Data): Values {
  return data.values.subarray(data.offset, data.offset + data.length) as Values;
}

/**
 * Strings of a UTF-8 column; null becomes undefined.
 *
 * @throws RangeError for offsets that do not ascend within the bytes
 */
export function stringsOf(data: Data): (string | undefined)[] {
  const { valueOffsets: offsets, length, nullCount } = data;
  checkOffsets(offsets, length, data.values.length);
  const bytes = Buffer.from(data.values.buffer, data.values.byteOffset, data.values.byteLength);
  const strings: (string | undefined)[] = Array.from({ length });
  for (let i = 0; i < length; i++) {
    const isNull = nullCount > 0 && !data.getValid(i);
    strings[i] = isNull ? undefined : bytes.toString('utf8', offsets[i], offsets[i + 1]);
  }
  return strings;
}

/**
 * A list column as flat arrays whose offsets start at 0. Values are a view, offsets are shared when already so.
 *
 * @throws RangeError for offsets that do not ascend within the values
 */
export function raggedOf<Values extends Int32Array | Float32Array | Uint16Array>(data: Data): Ragged<Values> {
  checkOffsets(data.valueOffsets, data.length, (data.children[0] as Data).values.length);
  const stored = data.valueOffsets.subarray(0, data.length + 1) as Int32Array;
  const first = stored[0] ?? 0;
  const end = stored[data.length] ?? 0;
  const values = (data.children[0] as Data).values.subarray(first, end) as Values;
  return { values, offsets: first === 0 ? stored : stored.map((offset) => offset - first) };
}

function checkOffsets(offsets: ArrayLike<number>, rows: number, end: number): void {
  if (rows === 0) return;
  for (let row = 0; row < rows; row++)
    if (!((offsets[row] as number) <= (offsets[row + 1] as number)))
      throw new RangeError(`the offset of row ${row + 1} is out of order`);
  if ((offsets[0] as number) < 0 || (offsets[rows] as number) > end)
    throw new RangeError('its offsets point outside the values');
}
