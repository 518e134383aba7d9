import { isUtf8 } from 'node:buffer';
import { fromFloat16 } from '@retort/foundation/float16';
import { Type } from 'apache-arrow/fb/type';
import type { Parts } from './batch-parts.ts';
import { type ArrowField, isList, type Width } from './fields.ts';

/** The value of a row; whole numbers may be bigint, nothing is null, lists are arrays. */
export type Values = (row: number) => unknown;

/** What the values of a column are read with. */
export interface Reading {
  readonly bytesOf: (region: Parts['buffers'][number]) => Promise<Buffer>;
  /** Values of a dictionary, and how many there are. */
  readonly dictionary: (id: bigint) => { readonly length: number; readonly valueAt: Values };
}

/**
 * Reads a column's buffers and says the value of each row.
 *
 * @throws Error when buffers hold fewer values than the column claims; `Values` do for offsets that lead outside
 */
export async function columnValues(field: ArrowField, parts: Parts, reading: Reading): Promise<Values> {
  const valueAt = await plainValues(field, parts, reading);
  const [validity] = parts.buffers;
  if (parts.nullCount === 0 || validity === undefined || validity.bytes === 0) return valueAt;
  const bits = await reading.bytesOf(validity);
  need(field, bits.length * 8, parts.length);
  return (row) => (bit(bits, row) ? valueAt(row) : null);
}

async function plainValues(field: ArrowField, parts: Parts, reading: Reading): Promise<Values> {
  if (field.dictionary !== undefined) return dictionaryValues(field, parts, reading);
  if (isList(field)) return listValues(field, parts, reading);
  switch (field.type) {
    case Type.Null:
      return () => null;
    case Type.RunEndEncoded:
      return runValues(field, parts, reading);
    case Type.Bool: {
      const bits = await bufferOf(parts, 1, reading);
      need(field, bits.length * 8, parts.length);
      return (row) => bit(bits, row);
    }
    case Type.Int:
    case Type.Decimal:
    case Type.FloatingPoint:
      return numberValues(field, parts, reading);
    case Type.Utf8View:
    case Type.BinaryView:
      return viewValues(field, parts, reading);
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Binary:
    case Type.LargeBinary:
      return textValues(field, parts, reading);
    default:
      throw new Error(`the column "${field.name}" is of type ${field.type}, which has no texts or labels`);
  }
}

function need({ name }: ArrowField, there: number, wanted: number): void {
  if (there < wanted) throw new Error(`the column "${name}" claims ${wanted} values, and there are ${there}`);
}

function bit(bits: Uint8Array, row: number): boolean {
  return (((bits[row >> 3] as number) >> (row & 7)) & 1) === 1;
}

async function bufferOf({ buffers }: Parts, index: number, { bytesOf }: Reading): Promise<Buffer> {
  const region = buffers[index];
  if (region === undefined) throw new Error('a column lacks a buffer');
  return bytesOf(region);
}

async function numberValues(field: ArrowField, parts: Parts, reading: Reading): Promise<Values> {
  const bytes = await bufferOf(parts, 1, reading);
  const { bits, scale } = field.width;
  if (field.type === Type.FloatingPoint) return floats(bytes, { bits, field, count: parts.length });
  const valueAt = integers(bytes, field.width, { field, count: parts.length });
  return scale === 0 ? valueAt : (row) => Number(`${valueAt(row)}e${-scale}`);
}

interface Wanted {
  readonly field: ArrowField;
  readonly count: number;
}

function floats(bytes: Buffer, { bits, field, count }: Wanted & { bits: number }): Values {
  need(field, Math.floor(bytes.length / (bits / 8)), count);
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bits === 32) return (row) => data.getFloat32(4 * row, true);
  if (bits === 64) return (row) => data.getFloat64(8 * row, true);
  const single = new Float32Array(1);
  return (row) => {
    fromFloat16(Uint16Array.of(data.getUint16(2 * row, true)), single);
    return single[0];
  };
}

const INTEGER_BITS: readonly number[] = [8, 16, 32, 64, 128, 256];

/** Of more than 32 bits as bigint. */
function integers(
  bytes: Buffer,
  { bits, isSigned }: Width,
  { field, count }: Wanted,
): (row: number) => number | bigint {
  if (!INTEGER_BITS.includes(bits)) throw new Error(`the column "${field.name}" has numbers of ${bits} bits`);
  const size = bits / 8;
  need(field, Math.floor(bytes.length / size), count);
  if (size <= 4) return (row) => (isSigned ? bytes.readIntLE(size * row, size) : bytes.readUIntLE(size * row, size));
  const words = size / 8;
  return (row) => {
    let value = 0n;
    for (let word = words - 1; word >= 0; word--) value = (value << 64n) | bytes.readBigUInt64LE(size * row + 8 * word);
    return isSigned ? BigInt.asIntN(bits, value) : value;
  };
}

const LARGE: ReadonlySet<Type> = new Set([Type.LargeUtf8, Type.LargeBinary, Type.LargeList, Type.LargeListView]);

/** Numbers that say where values begin, as many as wanted. */
async function offsetsOf(field: ArrowField, parts: Parts, { buffer, count, reading }: OffsetRequest) {
  const bytes = await bufferOf(parts, buffer, reading);
  const width = { bits: LARGE.has(field.type) ? 64 : 32, isSigned: true, scale: 0 };
  const valueAt = integers(bytes, width, { field, count });
  return (row: number) => Number(valueAt(row));
}

interface OffsetRequest {
  readonly buffer: number;
  readonly count: number;
  readonly reading: Reading;
}

async function textValues(field: ArrowField, parts: Parts, reading: Reading): Promise<Values> {
  if (parts.length === 0) return () => undefined;
  const offsets = await offsetsOf(field, parts, { buffer: 1, count: parts.length + 1, reading });
  const bytes = await bufferOf(parts, 2, reading);
  return (row) => textOf(slice(field, bytes, { start: offsets(row), end: offsets(row + 1) }), field, row);
}

function slice({ name }: ArrowField, bytes: Buffer, { start, end }: { start: number; end: number }): Buffer {
  if (!(start >= 0 && end >= start && end <= bytes.length))
    throw new Error(`a value of the column "${name}" points outside its bytes`);
  return bytes.subarray(start, end);
}

function textOf(bytes: Buffer, { name }: ArrowField, row: number): string {
  if (!isUtf8(bytes)) throw new Error(`value ${row + 1} of a part of the column "${name}" is not UTF-8`);
  return bytes.toString('utf8');
}

/** Texts of up to 12 bytes lie in the view itself, longer ones in one of several buffers. */
async function viewValues(field: ArrowField, parts: Parts, reading: Reading): Promise<Values> {
  const views = await bufferOf(parts, 1, reading);
  need(field, Math.floor(views.length / 16), parts.length);
  const data = await Promise.all(parts.buffers.slice(2).map(reading.bytesOf));
  return (row) => {
    const at = 16 * row;
    const length = views.readInt32LE(at);
    if (length >= 0 && length <= 12) return textOf(views.subarray(at + 4, at + 4 + length), field, row);
    const start = views.readInt32LE(at + 12);
    const bytes = data[views.readInt32LE(at + 8)] ?? Buffer.alloc(0);
    return textOf(slice(field, bytes, { start, end: start + length }), field, row);
  };
}

async function listValues(field: ArrowField, parts: Parts, reading: Reading): Promise<Values> {
  const [child, childParts] = [field.children[0], parts.children[0]];
  if (child === undefined || childParts === undefined) throw new Error(`the list "${field.name}" has no values`);
  const valueAt = await columnValues(child, childParts, reading);
  const extent = await extents(field, parts, reading);
  return (row) => {
    const { start, end } = extent(row);
    if (!(start >= 0 && end >= start && end <= childParts.length))
      throw new Error(`a list of the column "${field.name}" points outside its values`);
    return Array.from({ length: end - start }, (_, i) => valueAt(start + i));
  };
}

async function extents(field: ArrowField, parts: Parts, reading: Reading) {
  const { type, listSize } = field;
  if (type === Type.FixedSizeList) return (row: number) => ({ start: listSize * row, end: listSize * (row + 1) });
  if (parts.length === 0) return () => ({ start: 0, end: 0 });
  const hasSizes = type === Type.ListView || type === Type.LargeListView;
  const starts = await offsetsOf(field, parts, { buffer: 1, count: parts.length + (hasSizes ? 0 : 1), reading });
  if (!hasSizes) return (row: number) => ({ start: starts(row), end: starts(row + 1) });
  const sizes = await offsetsOf(field, parts, { buffer: 2, count: parts.length, reading });
  return (row: number) => ({ start: starts(row), end: starts(row) + sizes(row) });
}

async function dictionaryValues(field: ArrowField, parts: Parts, reading: Reading): Promise<Values> {
  const { id, index } = field.dictionary as NonNullable<ArrowField['dictionary']>;
  const indices = integers(await bufferOf(parts, 1, reading), index, { field, count: parts.length });
  const { length, valueAt } = reading.dictionary(id);
  return (row) => {
    const at = Number(indices(row));
    if (!(at >= 0 && at < length)) throw new Error(`the column "${field.name}" has a value that its dictionary lacks`);
    return valueAt(at);
  };
}

/** Each run has a value and the row that it ends before. */
async function runValues(field: ArrowField, parts: Parts, reading: Reading): Promise<Values> {
  const [ends, values] = field.children;
  const [endParts, valueParts] = parts.children;
  if (!ends || !values || !endParts || !valueParts) throw new Error(`the column "${field.name}" has no runs`);
  const endAt = integers(await bufferOf(endParts, 1, reading), ends.width, { field, count: endParts.length });
  const valueAt = await columnValues(values, valueParts, reading);
  need(field, valueParts.length, endParts.length);
  return (row) => {
    const run = firstAbove(row, endParts.length, (i) => Number(endAt(i)));
    need(field, endParts.length, run + 1);
    return valueAt(run);
  };
}

/** The first of ascending numbers that is above a value; their count when none is. */
export function firstAbove(value: number, count: number, numberAt: (index: number) => number): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numberAt(middle) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
