import { RetortError } from '@retort/foundation/diagnostics';
import { toFloat16 } from '@retort/foundation/float16';
import { float16ListColumn, float32ListColumn, int32Column, type Ragged } from './columns.ts';
import {
  ROW_COLUMN,
  type SignalColumn,
  type SignalsDtype,
  type SignalsMetadata,
  signalsSchema,
} from './schemas/signals.ts';
import type { PartialTable, TablePosition } from './table-position.ts';
import { createTableWriter } from './table-writer.ts';

/** Bytes after which a record batch is written. Small, so that memory stays small; rows are read one by one anyway. */
const BATCH_BYTES = 4 << 20;

export interface SignalsWriter {
  /**
   * Adds the signals of some token rows, which may come in any order. Every column, all with as many
   * rows. The arrays are copied before the promise resolves.
   *
   * @throws RetortError SIGNALS_OVERFLOW when float16 cannot hold a value; TypeError when a column is missing
   */
  readonly append: (columns: Readonly<Record<string, Ragged<Float32Array>>>, rows: Int32Array) => Promise<void>;
  /**
   * How far the file is written for sure. Rows that wait for their record batch are not in it: whoever goes on from there
   * must append them again.
   */
  readonly position: () => Promise<TablePosition>;
  /** Finishes the file; without it the file cannot be opened. Resolves to the number of rows. */
  readonly close: () => Promise<number>;
  /** Lets go of the file, unfinished. */
  readonly abort: () => Promise<void>;
}

/** Writes a `signals.arrow`. */
export async function createSignalsWriter(
  path: string,
  { metadata, columns: given }: { readonly metadata: SignalsMetadata; readonly columns: readonly SignalColumn[] },
  partial?: PartialTable,
): Promise<SignalsWriter> {
  const writer = await createTableWriter(path, signalsSchema(metadata, given), partial);
  let columns = emptyColumns(given);
  let tokenRows: number[] = [];
  const flush = async () => {
    const written = columns;
    const rows = int32Column(Int32Array.from(tokenRows));
    columns = emptyColumns(given);
    tokenRows = [];
    await writer.append({
      ...Object.fromEntries(written.map((column) => [column.name, column.toData()])),
      [ROW_COLUMN]: rows,
    });
  };
  const append = async (values: Readonly<Record<string, Ragged<Float32Array>>>, rows: Int32Array) => {
    for (const column of columns) column.add(values[column.name], rows);
    tokenRows.push(...rows);
    if (columns.reduce((bytes, column) => bytes + column.bytes, 0) >= BATCH_BYTES) await flush();
  };
  const close = async () => {
    if (tokenRows.length > 0) await flush();
    return writer.close();
  };
  return { append, position: writer.position, close, abort: writer.abort };
}

function emptyColumns(columns: readonly SignalColumn[]): PendingColumn[] {
  return columns.map(({ name, dtype }) => new PendingColumn(name, dtype));
}

/** Rows of one column that wait for their record batch, already in the dtype of the file. */
class PendingColumn {
  readonly name: string;
  readonly #dtype: SignalsDtype;
  readonly #parts: (Float32Array | Uint16Array)[] = [];
  readonly #lengths: number[] = [];
  bytes = 0;

  constructor(name: string, dtype: SignalsDtype) {
    this.name = name;
    this.#dtype = dtype;
  }

  add(signals: Ragged<Float32Array> | undefined, tokenRows: Int32Array): void {
    if (signals === undefined) throw new TypeError(`column ${this.name} is missing`);
    const { values, offsets } = signals;
    const first = offsets[0] ?? 0;
    const used = values.subarray(first, offsets[offsets.length - 1]);
    const part = this.#dtype === 'float32' ? used.slice() : this.#toHalf(used, offsets, tokenRows);
    this.#parts.push(part);
    this.bytes += part.byteLength;
    for (let i = 1; i < offsets.length; i++) this.#lengths.push((offsets[i] as number) - (offsets[i - 1] as number));
  }

  toData() {
    const offsets = new Int32Array(this.#lengths.length + 1);
    this.#lengths.forEach((length, i) => {
      offsets[i + 1] = (offsets[i] as number) + length;
    });
    const total = offsets[offsets.length - 1] as number;
    return this.#dtype === 'float32'
      ? float32ListColumn({ values: joined(new Float32Array(total), this.#parts), offsets })
      : float16ListColumn({ values: joined(new Uint16Array(total), this.#parts), offsets });
  }

  #toHalf(values: Float32Array, offsets: Int32Array, tokenRows: Int32Array): Uint16Array {
    const half = new Uint16Array(values.length);
    const bad = toFloat16(values, half);
    if (bad === -1) return half;
    const row = tokenRows[offsets.findIndex((offset) => offset - (offsets[0] as number) > bad) - 1];
    throw new RetortError(
      'SIGNALS_OVERFLOW',
      `Teacher signals, column "${this.name}", row ${row}: float16 cannot hold ${values[bad]}, only values from -65504 to 65504. Set "store.dtype" to "float32".`,
    );
  }
}

function joined<Values extends Float32Array | Uint16Array>(
  target: Values,
  parts: readonly (Float32Array | Uint16Array)[],
): Values {
  let at = 0;
  for (const part of parts) {
    target.set(part, at);
    at += part.length;
  }
  return target;
}
