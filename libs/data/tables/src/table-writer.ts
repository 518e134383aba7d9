import { copyFile, link, rename } from 'node:fs/promises';
import { type Data, makeData, RecordBatch, RecordBatchFileWriter, type Schema, Struct } from 'apache-arrow';
import { type BatchBlock, readBatchBlocks } from './batch-blocks.ts';
import { reach } from './fault-points.ts';
import { bytesOf, GrowingFile } from './growing-file.ts';
import type { PartialTable, TablePosition } from './table-position.ts';

export interface TableWriter {
  /**
   * Writes one record batch. Columns by name, all of one length; their arrays may be used again once it resolves.
   *
   * @throws TypeError when a column of the schema is missing or lengths differ
   */
  readonly append: (columns: Readonly<Record<string, Data>>) => Promise<void>;
  /** Flushes what was appended. Resolves when it outlasts a power cut, to what `PartialTable.from` takes. Of no use without `partial`. */
  readonly position: () => Promise<TablePosition>;
  /** Writes the footer, without which the file cannot be opened. Resolves to the number of rows. */
  readonly close: () => Promise<number>;
  /** Lets go of the file and leaves it without a footer. */
  readonly abort: () => Promise<void>;
}

/**
 * An Arrow IPC file, written batch by batch: memory holds no more than the batch at hand.
 *
 * With `partial` the file grows there and gets its own path as a second name when it is whole, without being copied; the
 * bytes are the same whether or not writing was broken off in between.
 */
export async function createTableWriter(path: string, schema: Schema, partial?: PartialTable): Promise<TableWriter> {
  const { from } = partial ?? {};
  if (partial && from?.isWhole) return wholeTable(path, partial.path, from);
  const file = await (partial ? GrowingFile.goOn(partial.path, from?.parts ?? []) : GrowingFile.create(path));
  const encoder = new BatchEncoder();
  encoder.reset(undefined, schema);
  const written = bytesOf(from?.parts ?? []);
  if (written > 0) encoder.goOn(written, await readBatchBlocks(file.handle, written));
  let rows = from?.rows ?? 0;
  let isWhole = false;
  const append = async (columns: Readonly<Record<string, Data>>) => {
    const batch = toRecordBatch(schema, columns);
    if (batch.numRows === 0) return;
    encoder.write(batch);
    rows += batch.numRows;
    await file.append(mergeSmall(encoder.takeChunks()));
    reach('table.appended');
  };
  const position = async () => ({ rows, parts: await file.sync(), isWhole });
  const close = async () => {
    encoder.close();
    await file.append(mergeSmall(encoder.takeChunks()));
    isWhole = true;
    if (partial) await file.sync();
    await file.close();
    reach('table.finished');
    if (partial) await place(partial.path, path);
    return rows;
  };
  return { append, position, close, abort: () => file.close() };
}

/** Nothing is left to write but the table's own name. */
function wholeTable(path: string, partialPath: string, position: TablePosition): TableWriter {
  return {
    append: async () => {
      throw new TypeError(`${partialPath} is finished, so no rows can be added`);
    },
    position: async () => position,
    close: async () => {
      await place(partialPath, path);
      return position.rows;
    },
    abort: async () => {},
  };
}

/** Some file systems know no second names; there the first one is given up. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** A second name, so that a process that is killed between here and the publishing of the table loses nothing. */
async function place(from: string, to: string): Promise<void> {
  await link(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EXDEV') return copyFile(from, to);
    if (NO_LINKS.has(error.code ?? '')) return rename(from, to);
    throw error;
  });
  reach('table.placed');
}

/** apache-arrow's writer with its queue taken out: it cannot say when the queue is empty, so memory would grow. */
class BatchEncoder extends RecordBatchFileWriter {
  #chunks: Uint8Array[] = [];

  /** As if the batches before had been written here. */
  goOn(position: number, blocks: readonly BatchBlock[]): void {
    this.#chunks = [];
    this._position = position;
    this._recordBatchBlocks = [...blocks] as typeof this._recordBatchBlocks;
  }

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
