/** A value of Thrift's compact protocol with its type. */
export type Thrift =
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'list'; readonly of: number; readonly values: readonly Uint8Array[]; readonly claimed?: number }
  | { readonly type: 'struct'; readonly value: Uint8Array };

const LONG = 6;
const TYPES = { int: 5, text: 8, list: 9, struct: 12 };

export const int = (value: number): Thrift => ({ type: 'int', value });
export const text = (value: string): Thrift => ({ type: 'text', value });
export const struct = (fields: Readonly<Record<number, Thrift>>): Uint8Array => {
  let last = 0;
  const parts = Object.entries(fields).flatMap(([key, field]) => {
    const delta = Number(key) - last;
    last = Number(key);
    const isLong = field.type === 'int' && Math.abs(field.value) >= 2 ** 31;
    return [Uint8Array.of((delta << 4) | (isLong ? LONG : TYPES[field.type])), encoded(field)];
  });
  return Buffer.concat([...parts, Uint8Array.of(0)]);
};
export const nested = (fields: Readonly<Record<number, Thrift>>): Thrift => ({ type: 'struct', value: struct(fields) });
export const list = (of: keyof typeof TYPES, values: readonly Uint8Array[], claimed = values.length): Thrift => {
  return { type: 'list', of: TYPES[of], values, claimed };
};

function encoded(field: Thrift): Uint8Array {
  switch (field.type) {
    case 'int':
      return varint(field.value >= 0 ? 2 * field.value : -2 * field.value - 1);
    case 'text':
      return Buffer.concat([varint(Buffer.byteLength(field.value)), Buffer.from(field.value)]);
    case 'list':
      return Buffer.concat([Uint8Array.of(0xf0 | field.of), varint(field.claimed ?? 0), ...field.values]);
    case 'struct':
      return field.value;
  }
}

export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Uint8Array.from([...bytes, left]);
    bytes.push((left % 128) | 0x80);
  }
}

export interface RawPage {
  /** Fields of its header beside its sizes. */
  readonly header: Readonly<Record<number, Thrift>>;
  readonly bytes: Uint8Array;
  /** In place of the number of its bytes. */
  readonly unpacked?: number;
}

/** Page of a column that is never null. Encodings: 0 plain, 7 texts that share beginnings, 8 of a dictionary. */
export function dataPage(values: number, encoding: number, bytes: Uint8Array): RawPage {
  return { header: { 1: int(0), 5: nested({ 1: int(values), 2: int(encoding), 3: int(3), 4: int(3) }) }, bytes };
}

export function dictionaryPage(values: number, bytes: Uint8Array): RawPage {
  return { header: { 1: int(2), 7: nested({ 1: int(values), 2: int(0) }) }, bytes };
}

export function plainTexts(...values: readonly string[]): Uint8Array {
  return Buffer.concat(
    values.flatMap((value) => [new Uint8Array(Uint32Array.of(Buffer.byteLength(value)).buffer), Buffer.from(value)]),
  );
}

export interface RawTable {
  readonly rows: number;
  readonly pages: readonly RawPage[];
  /** 0 not at all, 1 Snappy, 2 gzip. */
  readonly codec?: number;
  /** In place of the footer that fits. */
  readonly footer?: Uint8Array;
}

/** A Parquet file with the column `s` of texts, in one row group. Its numbers need not be true. */
export function parquetBytes({ rows, pages, codec = 0, footer }: RawTable): Uint8Array {
  const chunk = Buffer.concat(
    pages.flatMap(({ header: { 1: kind, ...rest }, bytes, unpacked = bytes.length }) => [
      struct({ 1: kind as Thrift, 2: int(unpacked), 3: int(bytes.length), ...rest }),
      bytes,
    ]),
  );
  const end = footer ?? tableFooter({ rows, codec, bytes: chunk.length });
  const length = new Uint8Array(Uint32Array.of(end.length).buffer);
  return Buffer.concat([Buffer.from('PAR1'), chunk, end, length, Buffer.from('PAR1')]);
}

function tableFooter({ rows, codec, bytes }: { rows: number; codec: number; bytes: number }): Uint8Array {
  const column = struct({
    2: int(4),
    3: nested({
      1: int(6),
      2: list('int', []),
      3: list('text', [Buffer.concat([varint(1), Buffer.from('s')])]),
      4: int(codec),
      5: int(rows),
      6: int(bytes),
      7: int(bytes),
      9: int(4),
    }),
  });
  const schema = [struct({ 4: text('schema'), 5: int(1) }), struct({ 1: int(6), 3: int(0), 4: text('s'), 6: int(0) })];
  return struct({
    1: int(1),
    2: list('struct', schema),
    3: int(rows),
    4: list('struct', [struct({ 1: list('struct', [column]), 2: int(bytes), 3: int(rows) })]),
  });
}
