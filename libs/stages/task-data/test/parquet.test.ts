import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { filesOf, runTaskData } from './harness.ts';
import {
  dataPage,
  dictionaryPage,
  int,
  list,
  nested,
  parquetBytes,
  plainTexts,
  struct,
  type Thrift,
  varint,
} from './parquet-bytes.ts';

async function read(train: Uint8Array, values = ['one', 'two']): Promise<string[]> {
  const labels = { kind: 'classes', values };
  const source = { kind: 'files', format: 'parquet', columns: { textA: 's', label: 's' }, labels };
  const { rows } = await runTaskData({ source }, await filesOf({ train, validation: train }));
  return rows.filter(({ split }) => split === 'train').map(({ textA }) => textA);
}

const words = plainTexts('one', 'two');
const dictionary = dictionaryPage(2, words);
/** Indices of one bit: a run of 3 zeros, then packed ones. */
const indices = Uint8Array.of(1, 6, 0, 3, 0xff);
/** Numbers as the first of them and no differences. */
const same = (value: number) =>
  Buffer.concat([varint(128), varint(4), varint(2), varint(2 * value), Uint8Array.of(0, 0, 0, 0, 0)]);

it('reads what the builder of these tests writes', async () => {
  expect(await read(parquetBytes({ rows: 2, pages: [dataPage(2, 0, words)] }))).toEqual(['one', 'two']);
  expect(await read(parquetBytes({ rows: 5, pages: [dictionary, dataPage(5, 8, indices)] }))).toEqual([
    'one',
    'one',
    'one',
    'two',
    'two',
  ]);
  const gzip = { ...dataPage(2, 0, gzipSync(words)), unpacked: words.length };
  expect(await read(parquetBytes({ rows: 2, codec: 2, pages: [gzip] }))).toEqual(['one', 'two']);
  const shared = Buffer.concat([same(0), same(3), Buffer.from('onetwo')]);
  expect(await read(parquetBytes({ rows: 2, pages: [dataPage(2, 7, shared)] }))).toEqual(['one', 'two']);
});

describe('a table that lies', () => {
  const page = dataPage(2, 0, words);
  const deep = (levels: number): Thrift => (levels === 0 ? int(1) : nested({ 1: deep(levels - 1) }));
  const gigabyte = 2 ** 30;

  it.each<[string, Uint8Array, string]>([
    ['many rows', parquetBytes({ rows: 10 ** 12, pages: [page] }), 'claims 1000000000000 rows'],
    [
      'many values in a page',
      parquetBytes({ rows: 2, pages: [dataPage(2 ** 31 - 1, 0, words)] }),
      'claims 2147483647 rows',
    ],
    ['negative values', parquetBytes({ rows: 2, pages: [dataPage(-5, 0, words)] }), 'claims -5 rows'],
    [
      'a large dictionary',
      parquetBytes({ rows: 2, pages: [dictionaryPage(gigabyte, words), dataPage(2, 8, indices)] }),
      `claims ${gigabyte} rows`,
    ],
    [
      'a long run',
      parquetBytes({
        rows: 5,
        pages: [dictionary, dataPage(5, 8, Buffer.concat([Uint8Array.of(1), varint(gigabyte), Uint8Array.of(0)]))],
      }),
      `a run claims ${gigabyte / 2} values`,
    ],
    [
      'many packed values',
      parquetBytes({
        rows: 5,
        pages: [dictionary, dataPage(5, 8, Buffer.concat([Uint8Array.of(1), varint(gigabyte + 1)]))],
      }),
      `a run claims ${gigabyte * 4} values`,
    ],
    [
      'a page that unpacks to gigabytes',
      parquetBytes({ rows: 2, codec: 1, pages: [{ ...page, unpacked: 2 ** 31 - 1 }] }),
      'claims to unpack from',
    ],
    [
      'a text that shares what there is not',
      parquetBytes({
        rows: 2,
        pages: [dataPage(2, 7, Buffer.concat([same(gigabyte), same(3), Buffer.from('onetwo')]))],
      }),
      'the prefix of a text is longer than the text before it',
    ],
    [
      'numbers in no parts',
      parquetBytes({ rows: 2, pages: [dataPage(2, 5, Buffer.concat([varint(128), varint(gigabyte), varint(2)]))] }),
      `a block of 128 numbers claims ${gigabyte} parts`,
    ],
    [
      'a list of many members',
      parquetBytes({ rows: 2, pages: [page], footer: struct({ 2: list('struct', [], 2 ** 31 - 1) }) }),
      'a list in its metadata claims 2147483647 members',
    ],
    [
      'structs without end',
      parquetBytes({ rows: 2, pages: [page], footer: struct({ 1: deep(40) }) }),
      'nested more than 32 levels deep',
    ],
    [
      'millions of empty structs',
      parquetBytes({
        rows: 2,
        pages: [page],
        footer: struct({ 2: list('struct', [Buffer.alloc(3_000_000)], 3_000_000) }),
      }),
      'its metadata has more than 2000000 parts',
    ],
    [
      'text that is not UTF-8',
      parquetBytes({
        rows: 2,
        pages: [dataPage(2, 0, Buffer.concat([words.subarray(0, 4), Uint8Array.of(0xe9, 1, 1), words.subarray(7)]))],
      }),
      'a text in it is not UTF-8',
    ],
  ])('is refused: %s', async (_, lie, message) => {
    const seen = await read(lie).then(
      (rows) => expect.fail(`was read as ${rows.length} rows`),
      (error: Error) => error.message,
    );
    expect(seen).toContain('DATA_UNREADABLE   train.tsv');
    expect(seen).toContain(message);
  });

  it('is refused: a long text for each of a million rows', async () => {
    const text = 'x'.repeat(500_000);
    const long = plainTexts(text, 'two');
    const run = Buffer.concat([Uint8Array.of(1), varint(2_000_000), Uint8Array.of(0)]);
    const pages = [dictionaryPage(2, long), dataPage(1_000_000, 8, run)];
    await expect(read(parquetBytes({ rows: 1_000_000, pages }), [text, 'two'])).rejects.toThrow(
      'unpacks to more than 1.00 GiB of rows',
    );
  }, 60_000);
});
