import { RetortError } from '@retort/diagnostics';
import { float16ListColumn, float32ListColumn, type Ragged } from './columns.ts';
import { toFloat16 } from './float16.ts';
import { type SignalsDtype, type SignalsMetadata, signalColumns, signalsSchema } from './schemas/signals.ts';
import { createTableWriter } from './table-writer.ts';

/** Bytes after which a record batch is written. Small, so that memory stays small; rows are read one by one anyway. */
const BATCH_BYTES = 4 << 20;

export interface SignalsWriter {
  /**
   * Adds rows, in the order of the token rows. Every column of the metadata, all with as many rows.
   * The arrays are copied before the promise resolves.
   *
   * @throws RetortError SIGNALS_OVERFLOW when float16 cannot hold a value; TypeError when a column is missing
   */
  readonly append: (columns: Readonly<Record<string, Ragged<Float32Array>>>) => Promise<void>;
  /** Finishes the file; without it the file cannot be opened. Resolves to the number of rows. */
  readonly close: () => Promise<number>;
}

/** Writes a `signals.arrow`; its columns follow from `metadata`. */
export async function createSignalsWriter(path: string, metadata: SignalsMetadata): Promise<SignalsWriter> {
  const writer = await createTableWriter(path, signalsSchema(metadata));
  let columns = emptyColumns(metadata);
  let firstRow = 0;
  const flush = async () => {
    const written = columns;
    columns = emptyColumns(metadata);
    firstRow += written[0]?.rowCount ?? 0;
    await writer.append(Object.fromEntries(written.map((column) => [column.name, column.toData()])));
  };
  const append = async (rows: Readonly<Record<string, Ragged<Float32Array>>>) => {
    for (const column of columns) column.add(rows[column.name], firstRow);
    if (columns.reduce((bytes, column) => bytes + column.bytes, 0) >= BATCH_BYTES) await flush();
  };
  const close = async () => {
    await flush();
    return writer.close();
  };
  return { append, close };
}

function emptyColumns(metadata: SignalsMetadata): PendingColumn[] {
  return signalColumns(metadata).map(({ name, dtype }) => new PendingColumn(name, dtype));
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

  get rowCount(): number {
    return this.#lengths.length;
  }

  add(rows: Ragged<Float32Array> | undefined, firstRow: number): void {
    if (rows === undefined) throw new TypeError(`column ${this.name} is missing`);
    const { values, offsets } = rows;
    const first = offsets[0] ?? 0;
    const used = values.subarray(first, offsets[offsets.length - 1]);
    const part = this.#dtype === 'float32' ? used.slice() : this.#toHalf(used, offsets, firstRow);
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

  #toHalf(values: Float32Array, offsets: Int32Array, firstRow: number): Uint16Array {
    const half = new Uint16Array(values.length);
    const bad = toFloat16(values, half);
    if (bad === -1) return half;
    const row = firstRow + this.rowCount + offsets.findIndex((offset) => offset - (offsets[0] as number) > bad) - 1;
    throw new RetortError(
      'SIGNALS_OVERFLOW',
      `Teacher signals, column ${this.name}, row ${row}: float16 cannot hold ${values[bad]} (at most 65504 in size). Store them as float32.`,
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
