import { scanTable } from '@retort/stage-task-data/tables';
import { Decimal } from 'apache-arrow/fb/decimal';
import { FixedSizeList } from 'apache-arrow/fb/fixed-size-list';
import { FloatingPoint } from 'apache-arrow/fb/floating-point';
import { Type } from 'apache-arrow/fb/type';
import { describe, expect, it } from 'vitest';
import { arrowStream, bytes, int32, int32s, type RawBatch, type RawField, texts } from './arrow-stream.ts';
import { filesOf, runTaskData } from './harness.ts';

const TEXT: RawField = { name: 's', type: Type.Utf8 };
const ROWS = ['one', 'two', 'three'];
const CLASSES = { kind: 'classes', values: ['0', '1'] };

/** A column of labels behind one of texts: its node and those of its parts, and all their buffers. */
interface Column {
  readonly field: Omit<RawField, 'name'>;
  readonly nodes: RawBatch['nodes'];
  readonly buffers: readonly Uint8Array[];
  readonly variadic?: readonly number[];
}

function table({ field, nodes, buffers, variadic = [] }: Column, dictionaries: readonly RawBatch[] = []): Uint8Array {
  return arrowStream(
    [TEXT, { name: 'l', ...field }],
    [...dictionaries, { length: 3, nodes: [[3, 0], ...nodes], buffers: [...texts(...ROWS), ...buffers], variadic }],
  );
}

async function read(train: Uint8Array, labels: object = CLASSES, columns: object = { textA: 's', label: 'l' }) {
  const source = { kind: 'files', format: 'arrow', columns, labels };
  const { rows } = await runTaskData({ source }, await filesOf({ train, validation: train }));
  return rows
    .filter(({ split }) => split === 'train')
    .map(({ textA, label, labels: several }) => [textA, several ?? label]);
}

async function refusal(...request: Parameters<typeof read>): Promise<string> {
  return read(...request).then(
    (rows) => expect.fail(`was read as ${JSON.stringify(rows)}`),
    ({ message }: Error) => message,
  );
}

const view = (text: string) => Buffer.concat([int32s(text.length), Buffer.from(text.padEnd(12, '\0'))]);
const NUMBERS: Omit<RawField, 'name'> = { type: Type.Int, details: int32 };
const child = (field: Omit<RawField, 'name'>): RawField[] => [{ name: 'item', ...field }];

describe('a column of labels', () => {
  const decimals = (bits: number) => ({
    type: Type.Decimal,
    details: (builder: Parameters<typeof int32>[0]) => Decimal.createDecimal(builder, 9, 2, bits),
  });
  const wide = (...values: readonly bigint[]) => new Uint8Array(BigInt64Array.from(values).buffer);
  const cases: Record<string, Column> = {
    numbers: { field: NUMBERS, nodes: [[3, 0]], buffers: [bytes(), int32s(0, 1, 1)] },
    'binary text': { field: { type: Type.Binary }, nodes: [[3, 0]], buffers: texts('0', '1', '1') },
    views: {
      field: { type: Type.Utf8View },
      nodes: [[3, 0]],
      buffers: [bytes(), Buffer.concat(['0', '1', '1'].map(view))],
      variadic: [0],
    },
    'views of another buffer': {
      field: { type: Type.BinaryView },
      nodes: [[3, 0]],
      buffers: [bytes(), Buffer.concat([view('0'), int32s(13, 0, 0, 2), view('1')]), bytes('xx            1')],
      variadic: [1],
    },
    'decimals of 128 bits': {
      field: decimals(128),
      nodes: [[3, 0]],
      buffers: [bytes(), wide(0n, 0n, 100n, 0n, 100n, 0n)],
    },
    'decimals of 64 bits': { field: decimals(64), nodes: [[3, 0]], buffers: [bytes(), wide(0n, 100n, 100n)] },
    float16: {
      field: {
        type: Type.FloatingPoint,
        details: (builder) => FloatingPoint.createFloatingPoint(builder, 0),
      },
      nodes: [[3, 0]],
      buffers: [bytes(), new Uint8Array(Uint16Array.of(0, 0x3c00, 0x3c00).buffer)],
    },
    runs: {
      field: {
        type: Type.RunEndEncoded,
        children: [
          { name: 'run_ends', ...NUMBERS },
          { name: 'values', type: Type.Utf8 },
        ],
      },
      nodes: [
        [3, 0],
        [2, 0],
        [2, 0],
      ],
      buffers: [bytes(), int32s(1, 3), ...texts('0', '1')],
    },
  };

  it.each(Object.entries(cases))('may be %s', async (_, column) => {
    expect(await read(table(column))).toEqual([
      ['one', 0],
      ['two', 1],
      ['three', 1],
    ]);
  });

  const values = { field: { type: Type.Utf8, dictionary: 7 }, nodes: [[3, 0]] as const };
  const dictionary = (isDelta: boolean, ...words: readonly string[]): RawBatch => {
    return { id: 7, isDelta, length: words.length, nodes: [[words.length, 0]], buffers: texts(...words) };
  };

  it('may have a dictionary that grows', async () => {
    const column = { ...values, buffers: [bytes(), bytes(1, 0, 0)] };
    const expected = [
      ['one', 0],
      ['two', 1],
      ['three', 1],
    ];
    expect(await read(table(column, [dictionary(false, '1'), dictionary(true, '0')]))).toEqual(expected);
    expect(await read(table(column, [dictionary(false, 'x', 'y'), dictionary(false, '1', '0')]))).toEqual(expected);
    expect(await refusal(table(column, [dictionary(false, '1')]))).toContain('a value that its dictionary lacks');
    expect(await refusal(table(column))).toContain('the dictionary 7 is missing');
  });

  const LABELS = { kind: 'multi-label', values: ['a', 'b'] };
  const words = texts('a', 'b');
  const lists: Record<string, Column> = {
    'a list': {
      field: { type: Type.List, children: child(TEXT) },
      nodes: [
        [3, 0],
        [2, 0],
      ],
      buffers: [bytes(), int32s(0, 1, 1, 2), ...words],
    },
    'a list view, in any order': {
      field: { type: Type.ListView, children: child(TEXT) },
      nodes: [
        [3, 0],
        [2, 0],
      ],
      buffers: [bytes(), int32s(0, 0, 1), int32s(1, 0, 1), ...words],
    },
  };

  it.each(Object.entries(lists))('may be %s', async (_, column) => {
    expect(await read(table(column), LABELS)).toEqual([
      ['one', [0]],
      ['two', []],
      ['three', [1]],
    ]);
  });

  it('may be a vector of fixed size', async () => {
    const field: Column['field'] = {
      type: Type.FixedSizeList,
      details: (builder) => FixedSizeList.createFixedSizeList(builder, 2),
      children: child(NUMBERS),
    };
    const nodes = [
      [3, 0],
      [6, 0],
    ] as const;
    const vectors = table({ field, nodes, buffers: [bytes(), bytes(), int32s(1, 0, 0, 0, 0, 1)] });
    expect(await read(vectors, { ...LABELS, list: 'vector' })).toEqual([
      ['one', [0]],
      ['two', []],
      ['three', [1]],
    ]);
  });
});

describe('a column of another type', () => {
  const struct: Column = {
    field: { type: Type.Struct_, children: child(NUMBERS) },
    nodes: [
      [3, 0],
      [3, 0],
    ],
    buffers: [bytes(), bytes(), int32s(0, 1, 1)],
  };
  const unknown = { ...struct, field: { type: 99 as Type } };

  it('is refused explicitly where it is read', async () => {
    expect(await refusal(table(struct))).toContain(
      'The column "l" contains structs, expected text, numbers, booleans or lists of these. Convert it, or name another column.',
    );
    expect(await refusal(table(unknown))).toContain('The column "l" contains values of the unknown type 99,');
  });

  it('does not matter where it is not', async () => {
    const unread = { textA: 's', label: 's' };
    const classes = { kind: 'classes', values: ROWS };
    for (const column of [struct, unknown, { ...struct, field: { type: Type.Decimal } }])
      expect(await read(table(column), classes, unread)).toEqual(ROWS.map((row, i) => [row, i]));
  });

  it('is neither a text, a number nor empty for who looks at all columns', async () => {
    const { path } = await filesOf({ path: table(struct) });
    const layout = { format: 'arrow', header: true, maxRowBytes: 1024 } as const;
    const rows: unknown[] = [];
    for await (const row of scanTable({ path, label: 'x' }, layout))
      rows.push('values' in row ? row.values : row.problem);
    expect(rows).toEqual(ROWS.map((row) => [row, {}]));
  });
});

describe('a table that lies', () => {
  const labels: Column = { field: NUMBERS, nodes: [[3, 0]], buffers: [bytes(), int32s(0, 1, 1)] };
  const batch = (changes: Partial<RawBatch>): Uint8Array =>
    arrowStream(
      [TEXT, { name: 'l', ...NUMBERS }],
      [
        {
          length: 3,
          nodes: [
            [3, 0],
            [3, 0],
          ],
          buffers: [...texts(...ROWS), ...labels.buffers],
          ...changes,
        },
      ],
    );
  const changed = (index: number, buffer: Uint8Array) =>
    batch({ buffers: [...texts(...ROWS), ...labels.buffers].map((each, i) => (i === index ? buffer : each)) });

  it.each<[string, Uint8Array, string]>([
    ['more rows than bytes', batch({ length: 2 ** 40 }), 'claims 1099511627776 rows'],
    [
      'more values than rows',
      batch({
        nodes: [
          [4, 0],
          [3, 0],
        ],
      }),
      'the column "s" has 4 of 3 values',
    ],
    [
      'more nulls than values',
      batch({
        nodes: [
          [3, 9],
          [3, 0],
        ],
      }),
      'the column "s" claims 3 values, 9 of them null',
    ],
    ['fewer columns', batch({ nodes: [[3, 0]] }), 'a batch has fewer columns than its table'],
    ['fewer buffers', batch({ buffers: texts(...ROWS) }), 'a batch has fewer buffers than its columns need'],
    ['a buffer beyond the batch', batch({ claimed: [2, 2 ** 40] }), 'a column ends outside its batch'],
    ['too few numbers', changed(4, int32s(0)), 'the column "l" claims 3 values, and there are 1'],
    ['text beyond its bytes', changed(1, int32s(0, 3, 6, 2 ** 30)), 'points outside its bytes'],
    ['text that goes backwards', changed(1, int32s(0, 3, 1, 11)), 'points outside its bytes'],
    ['text that is not UTF-8', changed(2, bytes('o', 0xe9, 'etwothree')), 'is not UTF-8'],
  ])('is refused: %s', async (_, lie, message) => {
    const seen = await refusal(lie);
    expect(seen).toContain('DATA_UNREADABLE   train.tsv');
    expect(seen).toContain(message);
  });

  it('is refused: lists that lead outside, or one long list for every row', async () => {
    const list = (offset: number, size: number): Column => ({
      field: { type: Type.ListView, children: child(NUMBERS) },
      nodes: [
        [3, 0],
        [3, 0],
      ],
      buffers: [bytes(), int32s(0, 0, offset), int32s(0, 0, size), bytes(), int32s(0, 1, 1)],
    });
    const multi = { kind: 'multi-label', values: ['0', '1'] };
    expect(await refusal(table(list(2, 2)), multi)).toContain('a list of the column "l" points outside its values');
    expect(await refusal(table(list(-1, 2)), multi)).toContain('points outside its values');
  });

  it('is refused: columns nested without end', async () => {
    let deep: RawField = { name: 'x', ...NUMBERS };
    for (let level = 0; level < 100; level++) deep = { name: 'x', type: Type.List, children: [deep] };
    expect(await refusal(arrowStream([TEXT, deep], []))).toContain('nested more than 64 levels deep');
  });
});
