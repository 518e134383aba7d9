import {
  appendFileSync,
  copyFileSync,
  existsSync,
  linkSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import {
  createSignalsWriter,
  createTokensWriter,
  findTableFault,
  openSignals,
  readTokens,
  type TablePosition,
  type TokenRows,
} from '@retort/tables';
import { tokenRows, tokensMetadata } from '@retort/tables/testing';
import { describe, expect, test } from 'vitest';
import { signalColumns } from './signals-example.ts';
import { temporaryPath } from './temporary.ts';

const METADATA = tokensMetadata({ vocabularySize: 100, maxSequenceLength: 8 });

/** Batch i of ten: i + 1 rows of lengths 1, 2, 3, … */
function rowsOf(i: number): TokenRows {
  let at = 0;
  return tokenRows({
    rows: Array.from({ length: i + 1 }, (_, row) => Array.from({ length: row + 1 }, () => 5 + ((at++ * 7 + i) % 90))),
  });
}

const BATCHES = 10;

async function wholeFile(): Promise<Buffer> {
  const path = await temporaryPath('tokens.arrow');
  const writer = await createTokensWriter(path, METADATA);
  for (let i = 0; i < BATCHES; i++) await writer.append(rowsOf(i));
  await writer.close();
  return readFileSync(path);
}

interface Places {
  readonly path: string;
  readonly partial: string;
}

async function places(): Promise<Places> {
  const path = await temporaryPath('tokens.arrow');
  return { path, partial: join(dirname(path), 'growing') };
}

/** Writes `from` to `end`, takes the position, and then some bytes that nobody takes a position of. */
async function brokenOff({ path, partial }: Places, { from, end }: { from?: TablePosition; end: number }) {
  const writer = await createTokensWriter(path, METADATA, { path: partial, from });
  for (let i = from ? batchesOf(from.rows) : 0; i < end; i++) await writer.append(rowsOf(i));
  const position = await writer.position();
  await writer.append(rowsOf(3));
  await writer.abort();
  appendFileSync(partial, 'half a batch');
  return JSON.parse(JSON.stringify(position)) as TablePosition;
}

const batchesOf = (rows: number) => Array.from({ length: BATCHES + 1 }, (_, i) => (i * (i + 1)) / 2).indexOf(rows);

async function finished({ path, partial }: Places, from: TablePosition | undefined): Promise<Buffer> {
  const writer = await createTokensWriter(path, METADATA, { path: partial, from });
  for (let i = from ? batchesOf(from.rows) : 0; i < BATCHES; i++) await writer.append(rowsOf(i));
  expect(await writer.close()).toBe(55);
  return readFileSync(path);
}

describe('a table whose writing is broken off', () => {
  test('after any batch, and goes on, has the bytes of one that was written in one go', async () => {
    const whole = await wholeFile();
    for (let end = 0; end <= BATCHES; end++) {
      const where = await places();
      const position = await brokenOff(where, { end });
      expect(await findTableFault(where.partial, position)).toBeUndefined();
      expect((await finished(where, position)).equals(whole), `broken off after ${end} batches`).toBe(true);
    }
  });

  test('again and again has them, too, and no copy was made', async () => {
    const whole = await wholeFile();
    const where = await places();
    let position: TablePosition | undefined;
    for (let end = 1; end < BATCHES; end++)
      position = await brokenOff(where, { end, ...(position && { from: position }) });
    expect(position?.parts).toHaveLength(BATCHES - 1);
    expect((await finished(where, position)).equals(whole)).toBe(true);
    expect(statSync(where.path).ino).toBe(statSync(where.partial).ino);
    expect(await readTokens(where.path)).toMatchObject({ rowCount: 55 });
  });

  test('begins anew where nothing is known of it', async () => {
    const where = await places();
    await brokenOff(where, { end: 4 });
    expect((await finished(where, undefined)).equals(await wholeFile())).toBe(true);
  });
});

describe('a table that is finished', () => {
  test('only gets its name again, and takes no rows', async () => {
    const where = await places();
    const writer = await createTokensWriter(where.path, METADATA, { path: where.partial });
    for (let i = 0; i < BATCHES; i++) await writer.append(rowsOf(i));
    await writer.close();
    const position = await writer.position();
    expect(position).toMatchObject({ rows: 55, isWhole: true });
    expect(await findTableFault(where.partial, position)).toBeUndefined();
    const again = await temporaryPath('again.arrow');
    const second = await createTokensWriter(again, METADATA, { path: where.partial, from: position });
    await expect(second.append(rowsOf(0))).rejects.toThrow('is finished');
    expect(await second.close()).toBe(55);
    expect(readFileSync(again).equals(await wholeFile())).toBe(true);
  });
});

describe('a fault is found', () => {
  test.each<[string, (partial: string) => void, RegExp]>([
    ['a flipped bit', (path) => flip(path, 200), /the bytes 0 to \d+ of .* have changed/],
    ['lost bytes', (path) => truncateSync(path, statSync(path).size - 100), /have changed/],
    ['another file', (path) => writeFileSync(path, 'other'), /have changed/],
    ['a second name', (path) => linkSync(path, `${path}.linked`), /in use under another name/],
  ])('in %s', async (_, damage, message) => {
    const where = await places();
    const position = await brokenOff(where, { end: 5 });
    truncateSync(where.partial, position.parts[0]?.bytes);
    damage(where.partial);
    expect(await findTableFault(where.partial, position)).toMatch(message);
  });

  test('in a file that is gone', async () => {
    const where = await places();
    expect(await findTableFault(where.partial, { rows: 0, parts: [], isWhole: false })).toMatch(/is gone$/);
    expect(existsSync(where.partial)).toBe(false);
  });

  function flip(path: string, at: number): void {
    const bytes = readFileSync(path);
    bytes[at] = (bytes[at] as number) ^ 1;
    copyFileSync(path, `${path}.before`);
    writeFileSync(path, bytes);
  }
});

test('signals go on after the last record batch that was written, wherever the appending was broken off', async () => {
  const metadata = {
    teacherDigest: 't',
    tokensDigest: 'r',
    tokenizerDigest: 'v1',
    dtype: 'float16',
    teacherLayers: 1,
    hiddenSize: 1 << 19,
    heads: 1,
    maskConvention: 'valid positions only, scores before softmax and mask',
  } as const;
  // Each row has 1 MiB on disk, so that a record batch has four.
  const row = (i: number) => ({
    'hiddenStates.0': { values: new Float32Array(1 << 19).fill(i), offsets: Int32Array.of(0, 1 << 19) },
  });
  const write = async (path: string, partial?: { path: string; from?: TablePosition }, end = 10) => {
    const writer = await createSignalsWriter(path, { metadata, columns: signalColumns(['hiddenStates.0']) }, partial);
    for (let i = partial?.from?.rows ?? 0; i < end; i++) await writer.append(row(i), Int32Array.of(i));
    return writer;
  };
  const whole = await temporaryPath('signals.arrow');
  await (await write(whole)).close();
  const path = await temporaryPath('signals.arrow');
  const partial = join(dirname(path), 'growing');
  const first = await write(path, { path: partial }, 7);
  const position = await first.position();
  await first.abort();
  expect(position.rows).toBe(4);
  await (await write(path, { path: partial, from: position })).close();
  expect(readFileSync(path).equals(readFileSync(whole))).toBe(true);
  const signals = await openSignals(path);
  expect(signals.readRows([9], 'hiddenStates.0').values[5]).toBe(9);
  await signals.close();
});
