import { readSync } from 'node:fs';
import { RetortError, suggestion } from '@retort/foundation/diagnostics';
import { fromFloat16 } from '@retort/foundation/float16';
import { DataType, type Field, Precision } from 'apache-arrow';
import type { BatchLayout } from './batch-layout.ts';
import type { Ragged } from './columns.ts';
import { damaged } from './damaged.ts';
import { LruCache } from './lru-cache.ts';
import {
  columnsMetadata,
  ROW_COLUMN,
  type SignalsDtype,
  type SignalsMetadata,
  type StoredSignals,
  storedSignals,
} from './schemas/signals.ts';
import { withTask } from './schemas/task-labels.ts';
import { openTable, type TableReader } from './table-reader.ts';

/** Copies `count` values of a row, from its `from`th on, to the place `at` of the target. */
export type CopyValues = (from: number, count: number, at: number) => void;
export type PlaceRow = (index: number, copy: CopyValues) => void;

export interface Signals {
  readonly metadata: SignalsMetadata;
  readonly stored: StoredSignals;
  readonly rowCount: number;
  readonly columns: readonly string[];
  /**
   * The values of some token rows, as float32, in the order asked for: any order, repetition allowed. Reads only their bytes.
   * Synchronous: from a warm page cache it is memory speed.
   *
   * @returns arrays that belong to the caller
   * @throws RangeError for a row that is not there; RetortError SIGNALS_UNKNOWN_COLUMN, ARROW_DAMAGED
   */
  readonly readRows: (rows: ArrayLike<number>, column: string) => Ragged<Float32Array>;
  /**
   * The same, with nothing in between, into an array of the caller: `place` is called for each row in order, with the row's
   * position in `rows`, and copies what is wanted of it.
   *
   * @param target a Uint16Array for the bits of a column that is stored as float16
   * @throws as `readRows`; RetortError ARROW_DAMAGED where a row has fewer values than are copied of it; TypeError for bits of
   * float32
   */
  readonly copyRows: (
    rows: ArrayLike<number>,
    column: string,
    target: Float32Array | Uint16Array,
    place: PlaceRow,
  ) => void;
  readonly close: () => Promise<void>;
}

/** Offsets of this many rows, over all columns, are kept: 4 bytes each. */
const OFFSETS_CACHED = 16 << 20;

/** Opens a `signals.arrow` for reading rows in any order. Reads headers and row numbers only. */
export async function openSignals(path: string): Promise<Signals> {
  const table = await openTable(path, { type: 'signals' });
  try {
    return signalsOf(table);
  } catch (error) {
    await table.close();
    throw error instanceof RetortError ? error : damaged(path, 'its columns cannot be read', error);
  }
}

function signalsOf(table: TableReader): Signals {
  const { path } = table;
  const metadata = withTask<SignalsMetadata>(table.metadata);
  const columns = columnsOf(table);
  const readers = new Map(
    columns.map(({ name, dtype }, index) => [
      name,
      new ColumnReader(table, index, dtype, OFFSETS_CACHED / columns.length),
    ]),
  );
  const positions = readPositions(table, columns.length);
  const readerOf = (column: string) => {
    const reader = readers.get(column);
    if (reader) return reader;
    throw new RetortError(
      'SIGNALS_UNKNOWN_COLUMN',
      `${path} has no column "${column}".${suggestion(column, [...readers.keys()])}`,
    );
  };
  const placesOf = (rows: ArrayLike<number>) => Int32Array.from(rows, (row) => positionOf(positions, row, path));
  return {
    metadata,
    stored: storedSignals(columns),
    rowCount: table.rowCount,
    columns: [...readers.keys()],
    readRows: (rows, column) => readerOf(column).read(placesOf(rows)),
    copyRows: (rows, column, target, place) => readerOf(column).copy(placesOf(rows), target, place),
    close: table.close,
  };
}

/** The columns of the teacher's answers. Rows are read by position alone, so that nothing else may be among them. */
function columnsOf({ schema: { fields }, metadata, path }: TableReader): { name: string; dtype: SignalsDtype }[] {
  const columns = fields.slice(0, -1).map((field) => ({ name: field.name, dtype: dtypeOf(field) }));
  const row = fields.at(-1);
  const isRow = row?.name === ROW_COLUMN && DataType.isInt(row.type) && row.type.bitWidth === 32;
  const found = fields.map(({ name, type }) => `${name}: ${type}`).join(', ');
  if (!isRow || !columns.every(({ dtype }) => dtype !== undefined))
    throw damaged(path, `its columns are ${found}, not lists of numbers and a row number`);
  const said = metadata as Readonly<Record<string, unknown>>;
  for (const [signal, layers] of Object.entries(columnsMetadata(columns)))
    if (JSON.stringify(said[signal]) !== JSON.stringify(layers))
      throw damaged(
        path,
        `its columns are ${found}, but its metadata says of ${signal}: ${JSON.stringify(said[signal])}`,
      );
  return columns as { name: string; dtype: SignalsDtype }[];
}

function dtypeOf({ type }: Field): SignalsDtype | undefined {
  const item = DataType.isList(type) ? type.children[0]?.type : undefined;
  if (item === undefined || !DataType.isFloat(item)) return undefined;
  return ({ [Precision.HALF]: 'float16', [Precision.SINGLE]: 'float32' } as const)[item.precision as 0 | 1];
}

/** A list column without nulls has these buffers: validity, offsets, validity of the values, values. */
const BUFFERS_PER_COLUMN = 4;

/** The values of one row. */
interface Span {
  readonly batch: BatchLayout;
  /** In values, from the start of the batch's values. */
  readonly from: number;
  readonly length: number;
}

class ColumnReader {
  readonly #table: TableReader;
  readonly #index: number;
  readonly #dtype: SignalsDtype;
  readonly #offsets: LruCache<BatchLayout, Int32Array>;
  /** Values of one row, as they are in the file. */
  #scratch: Uint16Array | Float32Array;

  constructor(table: TableReader, index: number, dtype: SignalsDtype, cachedOffsets: number) {
    this.#table = table;
    this.#index = index;
    this.#dtype = dtype;
    this.#offsets = new LruCache(cachedOffsets, (offsets) => offsets.length);
    this.#scratch = this.#arrayOf(0);
  }

  read(rows: Int32Array): Ragged<Float32Array> {
    const offsets = new Int32Array(rows.length + 1);
    for (const [i, row] of rows.entries()) offsets[i + 1] = (offsets[i] as number) + this.#spanOf(row).length;
    const values = new Float32Array(offsets[rows.length] as number);
    this.copy(rows, values, (i, copy) => {
      const from = offsets[i] as number;
      copy(0, (offsets[i + 1] as number) - from, from);
    });
    return { values, offsets };
  }

  copy(rows: Int32Array, target: Float32Array | Uint16Array, place: PlaceRow): void {
    if (target instanceof Uint16Array && this.#dtype !== 'float16')
      throw new TypeError(`a column of ${this.#dtype} has no float16 values`);
    for (const [i, row] of rows.entries()) {
      const values = this.#readSpan(this.#spanOf(row));
      place(i, (from, count, at) => {
        if (from + count > values.length)
          throw damaged(
            this.#table.path,
            `row ${row} of the file has ${values.length} values, expected ${from + count}`,
          );
        if (values instanceof Float32Array || target instanceof Uint16Array)
          target.set(values.subarray(from, from + count), at);
        else fromFloat16(values, target, { from, count, at });
      });
    }
  }

  #spanOf(row: number): Span {
    const batch = batchOf(this.#table, row);
    const stored = this.#offsets.get(batch, () => this.#readOffsets(batch));
    const at = row - batch.firstRow;
    const from = stored[at] as number;
    return { batch, from, length: (stored[at + 1] as number) - from };
  }

  #readOffsets(batch: BatchLayout): Int32Array {
    const { position } = batch.buffers[this.#index * BUFFERS_PER_COLUMN + 1] as { position: number };
    const offsets = new Int32Array(batch.rowCount + 1);
    readBytes(this.#table, offsets, position);
    const valueCount = batch.lengths[this.#index * 2 + 1] as number;
    if (!ascendsTo(offsets, valueCount))
      throw damaged(this.#table.path, `the offsets of the rows from ${batch.firstRow} onwards are out of order`);
    return offsets;
  }

  /** Valid until the next row is read. */
  #readSpan({ batch, from, length }: Span): Uint16Array | Float32Array {
    const { position } = batch.buffers[this.#index * BUFFERS_PER_COLUMN + 3] as { position: number };
    if (this.#scratch.length < length) this.#scratch = this.#arrayOf(length);
    const values = this.#scratch.subarray(0, length);
    readBytes(this.#table, values, position + from * values.BYTES_PER_ELEMENT);
    return values;
  }

  #arrayOf(length: number): Uint16Array | Float32Array {
    return this.#dtype === 'float32' ? new Float32Array(length) : new Uint16Array(length);
  }
}

function readBytes(table: TableReader, target: Float32Array | Int32Array | Uint16Array, position: number): void {
  for (let done = 0; done < target.byteLength; ) {
    const bytes = readSync(table.fileDescriptor, target, done, target.byteLength - done, position + done);
    if (bytes === 0) throw damaged(table.path, `it ends at byte ${position + done}, in the middle of a row`);
    done += bytes;
  }
}

/** For each token row the place of its signals in the file, from the row column, which comes after the lists. */
function readPositions(table: TableReader, listCount: number): Int32Array {
  const positions = new Int32Array(table.rowCount).fill(-1);
  for (const { buffers, firstRow, rowCount } of table.layouts) {
    const rows = new Int32Array(rowCount);
    readBytes(table, rows, (buffers[listCount * BUFFERS_PER_COLUMN + 1] as { position: number }).position);
    for (const [i, row] of rows.entries()) {
      if (positions[row] !== -1)
        throw damaged(table.path, `token row ${row} occurs twice, or is not one of its ${table.rowCount} rows`);
      positions[row] = firstRow + i;
    }
  }
  return positions;
}

function positionOf(positions: Int32Array, row: number, path: string): number {
  const position = positions[row];
  if (position === undefined)
    throw new RangeError(`there is no row ${row} in ${path}, which has ${positions.length} rows`);
  return position;
}

function batchOf({ layouts, rowCount, path }: TableReader, row: number): BatchLayout {
  if (!(row >= 0 && row < rowCount))
    throw new RangeError(`there is no row ${row} in ${path}, which has ${rowCount} rows`);
  let low = 0;
  let high = layouts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((layouts[middle] as BatchLayout).firstRow <= row) low = middle;
    else high = middle - 1;
  }
  return layouts[low] as BatchLayout;
}

function ascendsTo(offsets: Int32Array, end: number): boolean {
  for (let i = 1; i < offsets.length; i++) if ((offsets[i] as number) < (offsets[i - 1] as number)) return false;
  return offsets[0] === 0 && offsets[offsets.length - 1] === end;
}
