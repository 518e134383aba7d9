import { open, type FileHandle } from 'node:fs/promises';
import { type Data, makeData, RecordBatch, RecordBatchFileWriter, type Schema, Struct } from 'apache-arrow';

export interface TableWriter {
  /**
   * Writes one record batch. Columns by name, all of one length; their arrays may be used again once it resolves.
   *
   * @throws TypeError when a column of the schema is missing or lengths differ
   */
  readonly append: (columns: Readonly<Record<string, Data>>) => Promise<void>;
  /** Writes the footer, without which the file cannot be opened. Resolves to the number of rows. */
  readonly close: () => Promise<number>;
  /** Lets go of the file and leaves it without a footer. */
  readonly abort: () => Promise<void>;
}

/** An Arrow IPC file, written batch by batch: memory holds no more than the batch at hand. */
export async function createTableWriter(path: string, schema: Schema): Promise<TableWriter> {
  const handle = await open(path, 'wx');
  const encoder = new BatchEncoder();
  encoder.reset(undefined, schema);
  let rows = 0;
  const append = async (columns: Readonly<Record<string, Data>>) => {
    const batch = toRecordBatch(schema, columns);
    if (batch.numRows === 0) return;
    encoder.write(batch);
    rows += batch.numRows;
    await writeChunks(handle, encoder.takeChunks());
  };
  const close = async () => {
    encoder.close();
    await writeChunks(handle, encoder.takeChunks());
    await handle.close();
    return rows;
  };
  return { append, close, abort: () => handle.close() };
}

/** apache-arrow's writer with its queue taken out: it cannot say when the queue is empty, so memory would grow. */
class BatchEncoder extends RecordBatchFileWriter {
  #chunks: Uint8Array[] = [];

  protected override _write(chunk: ArrayBufferView): this {
    if (chunk.byteLength === 0) return this;
    this.#chunks.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this._position += chunk.byteLength;
    return this;
  }

  takeChunks(): Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    return chunks;
  }
}

async function writeChunks(handle: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  for (const chunk of mergeSmall(chunks)) await handle.writeFile(chunk);
}

/** Headers and paddings are a few bytes each: joined, they cost one call instead of many. */
function mergeSmall(chunks: readonly Uint8Array[]): Uint8Array[] {
  const merged: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  for (const chunk of chunks) {
    if (chunk.byteLength < 65_536) {
      small.push(chunk);
    } else {
      merged.push(Buffer.concat(small), chunk);
      small = [];
    }
  }
  return [...merged, Buffer.concat(small)].filter((chunk) => chunk.byteLength > 0);
}

function toRecordBatch(schema: Schema, columns: Readonly<Record<string, Data>>): RecordBatch {
  const children = schema.fields.map(({ name }) => {
    const column = columns[name];
    if (column === undefined) throw new TypeError(`column ${name} is missing; got ${Object.keys(columns).join(', ')}`);
    return column;
  });
  const lengths = new Set(children.map((child) => child.length));
  if (lengths.size > 1) throw new TypeError(`columns have different lengths: ${[...lengths].join(', ')}`);
  const length = children[0]?.length ?? 0;
  return new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length, nullCount: 0, children }));
}
