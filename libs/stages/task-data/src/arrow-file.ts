import { type FileHandle, open } from 'node:fs/promises';
import type { InvalidInputError } from '@retort/diagnostics';
import { unreadable } from '@retort/text-lines';
import { type RecordBatch, RecordBatchReader, Vector } from 'apache-arrow';
import { type ColumnarFile, notA } from './columnar-file.ts';
import type { TableFile } from './records.ts';

/** Reads both formats of Arrow IPC, told by their first bytes: the file format, and the stream of messages. */
export async function openArrow(file: TableFile): Promise<ColumnarFile> {
  const handle = await open(file.path, 'r').catch((error: unknown) => {
    throw unreadable(file.label, error);
  });
  try {
    const reader = await openReader(handle).catch((error: unknown) => {
      throw notArrow(file, error);
    });
    return {
      names: reader.schema.fields.map(({ name }) => name),
      read: (columns) => recordBatches(reader, file, columns),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** At the start of the file format, and of every message of the stream format. */
const MAGIC = 'ARROW1';
const CONTINUATION = -1;

async function openReader(handle: FileHandle) {
  const { buffer } = await handle.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0);
  const isFile = buffer.toString('latin1') === MAGIC;
  if (!isFile && buffer.readInt32LE(0) !== CONTINUATION) throw new Error('it does not begin as one');
  const source = isFile ? handle : handle.createReadStream({ start: 0, autoClose: false });
  const reader = await RecordBatchReader.from(source as FileHandle);
  await reader.open({ autoDestroy: false });
  if (reader.schema === undefined || reader.schema.fields.length === 0) throw new Error('it has no schema');
  return reader;
}

async function* recordBatches(
  reader: Awaited<ReturnType<typeof openReader>>,
  file: TableFile,
  columns: readonly string[],
): ReturnType<ColumnarFile['read']> {
  try {
    for await (const batch of reader) yield recordsOf(batch, columns);
  } catch (error) {
    throw notArrow(file, error);
  }
}

const PACKED = 'its buffers are compressed, which is not supported; write it uncompressed, or as Parquet';

function notArrow(file: TableFile, error: unknown): InvalidInputError {
  const isPacked = error instanceof Error && error.message.includes('codec not found');
  return notA('an Arrow', file, isPacked ? PACKED : error);
}

function recordsOf(batch: RecordBatch, columns: readonly string[]): Record<string, unknown>[] {
  const vectors = columns.map((name) => [name, batch.getChild(name)] as const);
  return Array.from({ length: batch.numRows }, (_, row) =>
    Object.fromEntries(vectors.map(([name, vector]) => [name, plain(vector?.get(row))])),
  );
}

function plain(value: unknown): unknown {
  return value instanceof Vector ? [...value] : value;
}
