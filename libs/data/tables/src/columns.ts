import { type Data, type DataType, Field, Float16, Float32, Int32, List, makeData, Utf8 } from 'apache-arrow';

/** Rows of different length in two flat arrays: row i is `values[offsets[i] … offsets[i + 1]]`. */
export interface Ragged<Values> {
  readonly values: Values;
  /** int32 [rows + 1], ascending, the first is 0. */
  readonly offsets: Int32Array;
}

export function int32Column(values: Int32Array): Data {
  return makeData({ type: new Int32(), length: values.length, nullCount: 0, data: values });
}

export function float32Column(values: Float32Array): Data {
  return makeData({ type: new Float32(), length: values.length, nullCount: 0, data: values });
}

/** Strings as UTF-8; `undefined` becomes null. */
export function utf8Column(values: readonly (string | undefined)[]): Data {
  const offsets = new Int32Array(values.length + 1);
  for (let i = 0; i < values.length; i++) {
    offsets[i + 1] = (offsets[i] as number) + Buffer.byteLength(values[i] ?? '');
  }
  const data = Buffer.from(values.map((value) => value ?? '').join(''));
  return makeData({ type: new Utf8(), length: values.length, valueOffsets: offsets, data, ...validity(values) });
}

/** `undefined` becomes null. */
export function nullableNumberColumn(kind: 'int32' | 'float32', values: readonly (number | undefined)[]): Data {
  const filled = values.map((value) => value ?? 0);
  const { type, data } =
    kind === 'int32'
      ? { type: new Int32(), data: Int32Array.from(filled) }
      : { type: new Float32(), data: Float32Array.from(filled) };
  return makeData({ type, length: values.length, data, ...validity(values) } as Parameters<typeof makeData>[0]);
}

/** `undefined` becomes null. */
export function nullableInt32ListColumn(lists: readonly (readonly number[] | undefined)[]): Data {
  const offsets = new Int32Array(lists.length + 1);
  for (const [i, list] of lists.entries()) offsets[i + 1] = (offsets[i] as number) + (list?.length ?? 0);
  const child = int32Column(Int32Array.from(lists.flatMap((list) => list ?? [])));
  return makeData({
    type: listOf(new Int32()),
    length: lists.length,
    valueOffsets: offsets,
    child,
    ...validity(lists),
  } as Parameters<typeof makeData>[0]);
}

export function int32ListColumn({ values, offsets }: Ragged<Int32Array>): Data {
  return listColumn(makeData({ type: new Int32(), length: values.length, nullCount: 0, data: values }), offsets);
}

export function float32ListColumn({ values, offsets }: Ragged<Float32Array>): Data {
  return listColumn(makeData({ type: new Float32(), length: values.length, nullCount: 0, data: values }), offsets);
}

/** `values` holds the bits of float16 numbers; `toFloat16` makes them. */
export function float16ListColumn({ values, offsets }: Ragged<Uint16Array>): Data {
  return listColumn(makeData({ type: new Float16(), length: values.length, nullCount: 0, data: values }), offsets);
}

/** The type of a list column whose elements are never null. */
export function listOf<Item extends DataType>(item: Item): List<Item> {
  return new List(new Field('item', item, false));
}

function listColumn(child: Data, offsets: Int32Array): Data {
  return makeData({ type: listOf(child.type), length: offsets.length - 1, nullCount: 0, valueOffsets: offsets, child });
}

function validity(values: readonly unknown[]): { nullCount: number; nullBitmap?: Uint8Array } {
  const nullCount = values.filter((value) => value === undefined).length;
  if (nullCount === 0) return { nullCount };
  const nullBitmap = new Uint8Array((values.length + 7) >> 3);
  values.forEach((value, i) => {
    if (value !== undefined) nullBitmap[i >> 3] = (nullBitmap[i >> 3] as number) | (1 << (i & 7));
  });
  return { nullCount, nullBitmap };
}
