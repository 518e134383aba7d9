import { unpacksTooFar } from '@retort/texts/lines';
import type { ColumnMetaData, Compressors } from 'hyparquet';
import { checkRowCount } from '../columnar-file.ts';
import { ByteReader } from './byte-reader.ts';
import { checkRuns, checkSharedPrefixes, readDeltas } from './check-runs.ts';
import { readThrift, type ThriftStruct } from './thrift.ts';

/** A column of a row group as its file has it. */
export interface Chunk {
  readonly metadata: ColumnMetaData;
  readonly bytes: Uint8Array;
  /** Levels of lists, and of what may be missing. */
  readonly maxRepetition: number;
  readonly maxDefinition: number;
}

const DATA_PAGE = 0;
const DICTIONARY_PAGE = 2;
const DATA_PAGE_V2 = 3;
/** Encodings by their numbers in the format. */
const PLAIN_DICTIONARY = 2;
const RLE = 3;
const DELTA_BINARY_PACKED = 5;
const DELTA_LENGTH_BYTE_ARRAY = 6;
const DELTA_BYTE_ARRAY = 7;
const RLE_DICTIONARY = 8;

/** What was read of a file so far, as it is stored and unpacked. */
export interface Volume {
  packed: number;
  unpacked: number;
}

/** Zeros of many labels pack to next to nothing; what goes beyond this does not only by the way. */
const UNCHECKED_BYTES = 256 << 20;

/**
 * Holds every size, count and length of a column's pages against the bytes that are there. hyparquet believes them: a page
 * of ten bytes may claim two thousand million values, or unpack to gigabytes.
 *
 * @throws Error that says what does not fit
 */
export function checkPages(chunk: Chunk, { volume, compressors }: { volume: Volume; compressors: Compressors }): void {
  const reader = new ByteReader(chunk.bytes);
  const wanted = checkCount(Number(chunk.metadata.num_values), chunk.bytes.length);
  volume.packed += chunk.bytes.length;
  for (let values = 0; values < wanted && reader.left > 1; ) {
    const page = readThrift(reader);
    const size = number(page, 2);
    volume.unpacked += size;
    if (size < 0 || unpacksTooFar({ ...volume, free: UNCHECKED_BYTES }))
      throw new Error(`it claims to unpack from ${volume.packed} to ${volume.unpacked} bytes`);
    const start = reader.at;
    reader.skip(number(page, 3));
    values += checkPage(page, { payload: chunk.bytes.subarray(start, reader.at), size, chunk, compressors });
  }
}

interface Page {
  readonly payload: Uint8Array;
  readonly size: number;
  readonly chunk: Chunk;
  readonly compressors: Compressors;
}

/** How many values it has. */
function checkPage(header: ThriftStruct, page: Page): number {
  const { size } = page;
  switch (number(header, 1)) {
    case DICTIONARY_PAGE:
      checkCount(number(struct(header, 7), 1), size);
      return 0;
    case DATA_PAGE: {
      const head = struct(header, 5);
      const count = checkCount(number(head, 1), page.chunk.bytes.length);
      const reader = new ByteReader(unpack(page, page.payload, size));
      const { maxRepetition, maxDefinition } = page.chunk;
      if (maxRepetition > 0) checkLevels(reader, { most: maxRepetition, count });
      const there = maxDefinition > 0 ? checkLevels(reader, { most: maxDefinition, count }) : count;
      checkValues(reader, { encoding: number(head, 2), count: there, page });
      return count;
    }
    case DATA_PAGE_V2:
      return checkPageV2(struct(header, 8), page);
    default:
      return 0;
  }
}

function checkPageV2(head: ThriftStruct, page: Page): number {
  const { payload, size, chunk } = page;
  const count = checkCount(number(head, 1), chunk.bytes.length);
  if (number(head, 2) < 0 || number(head, 2) > count) throw new Error(`${number(head, 2)} of ${count} values are null`);
  const reader = new ByteReader(payload);
  const lengths = [
    [chunk.maxRepetition, number(head, 6)],
    [chunk.maxDefinition, number(head, 5)],
  ] as const;
  for (const [most, length] of lengths) {
    if (most > 0) checkRuns(new ByteReader(payload, reader.at), { width: widthOf(most), count });
    reader.skip(length);
  }
  const levels = reader.at;
  const isPacked = head[7] !== false;
  const values = isPacked ? unpack(page, payload.subarray(levels), size - levels) : payload.subarray(levels);
  checkValues(new ByteReader(values), { encoding: number(head, 4), count: count - number(head, 2), page });
  return count;
}

/** @throws Error for a count that no bytes of this number can hold */
function checkCount(count: number, bytes: number): number {
  checkRowCount(count, bytes);
  return count;
}

/** How many values are of the highest level: those that are there. */
function checkLevels(reader: ByteReader, { most, count }: { most: number; count: number }): number {
  const length = reader.uint32();
  const start = reader.at;
  const found = checkRuns(reader, { width: widthOf(most), count, counted: most });
  reader.at = start;
  reader.skip(length);
  return found;
}

function checkValues(
  reader: ByteReader,
  { encoding, count, page }: { encoding: number; count: number; page: Page },
): void {
  switch (encoding) {
    case PLAIN_DICTIONARY:
    case RLE_DICTIONARY: {
      if (count === 0) return;
      const width = reader.byte();
      if (width > 0) checkRuns(reader, { width, count });
      return;
    }
    case RLE:
      reader.skip(4);
      checkRuns(reader, { width: 1, count });
      return;
    case DELTA_BINARY_PACKED:
    case DELTA_LENGTH_BYTE_ARRAY:
      readDeltas(reader, count);
      return;
    case DELTA_BYTE_ARRAY:
      return checkSharedPrefixes(reader, { count, most: Math.max(UNCHECKED_BYTES, page.size) });
  }
}

function unpack({ chunk, compressors }: Page, bytes: Uint8Array, size: number): Uint8Array {
  const { codec } = chunk.metadata;
  if (codec === 'UNCOMPRESSED') return bytes;
  const unpacker = compressors[codec];
  if (unpacker === undefined) throw new Error(`it is compressed with ${codec}, which is not supported`);
  return unpacker(bytes, size);
}

function widthOf(most: number): number {
  return 32 - Math.clz32(most);
}

function number(header: ThriftStruct, field: number): number {
  const value = header[field];
  return typeof value === 'number' ? value : 0;
}

function struct(header: ThriftStruct, field: number): ThriftStruct {
  const value = header[field];
  if (typeof value !== 'object') throw new Error('the header of a page is incomplete');
  return value;
}
