import { type FileHandle, open } from 'node:fs/promises';
import { type RecordBatch, RecordBatchReader, type Schema } from 'apache-arrow';
import { type BatchLayout, readBatchLayouts } from './batch-layout.ts';
import { damaged, unexpected } from './damaged.ts';
import { checkEnds } from './file-ends.ts';
import { METADATA_KEY } from './schemas/typed-schema.ts';

export interface TableReader {
  readonly path: string;
  readonly schema: Schema;
  /** What the table says about itself, without its `type`. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly rowCount: number;
  readonly batchCount: number;
  /** Where each batch's rows and buffers are. */
  readonly layouts: readonly BatchLayout[];
  /** The operating system's number of the open file, for reads of single rows. */
  readonly fileDescriptor: number;
  /** One batch, all columns; reads nothing else of the file. */
  readonly batch: (index: number) => Promise<RecordBatch>;
  /** From the batch `first` on; all, when left out. */
  readonly batches: (first?: number) => AsyncGenerator<RecordBatch>;
  /** What `convert` makes of each batch from `first` on. A batch that it cannot read is ARROW_DAMAGED. */
  readonly read: <Rows>(convert: (batch: RecordBatch) => Rows, first?: number) => AsyncGenerator<Rows>;
  readonly close: () => Promise<void>;
}

/**
 * Opens an Arrow IPC file. Reads its footer and the headers of its batches, no rows.
 *
 * @param options.type  which kind of table is wanted (`tokens`)
 * @throws RetortError ARROW_DAMAGED for a file that is not whole, ARROW_UNEXPECTED for another kind of table
 */
export async function openTable(path: string, options: { type?: string } = {}): Promise<TableReader> {
  const handle = await open(path, 'r');
  try {
    await checkEnds(handle, path);
    return await readTable(handle, path, options.type);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readTable(handle: FileHandle, path: string, type: string | undefined): Promise<TableReader> {
  const { reader, layouts } = await readFooter(handle, path);
  const { metadata, type: storedType } = ownMetadata(reader.schema, path);
  if (type !== undefined && storedType !== type) {
    throw unexpected(
      path,
      `expected a table of type "${type}", got ${storedType === undefined ? 'one that Retort did not write' : `"${storedType}"`}`,
    );
  }
  let turn: Promise<unknown> = Promise.resolve();
  const batch = (index: number) => {
    const result = turn.then(() => readBatch(reader, index, path));
    turn = result.catch(() => undefined);
    return result;
  };
  return {
    path,
    schema: reader.schema,
    metadata,
    rowCount: layouts.reduce((rows, layout) => rows + layout.rowCount, 0),
    batchCount: layouts.length,
    layouts,
    fileDescriptor: handle.fd,
    batch,
    batches: (first = 0) => eachBatch(first, layouts.length, batch),
    read: (convert, first = 0) => convertEach(eachBatch(first, layouts.length, batch), convert, path),
    close: () => handle.close(),
  };
}

async function readFooter(handle: FileHandle, path: string) {
  try {
    const reader = await RecordBatchReader.from(handle);
    await reader.open({ autoDestroy: false });
    return { reader, layouts: await readBatchLayouts(handle, reader.footer) };
  } catch (error) {
    throw damaged(path, 'its footer or a batch header cannot be read', error);
  }
}

/** apache-arrow's reader has one position in the file, so calls wait for each other. */
async function readBatch(reader: RecordBatchReader, index: number, path: string): Promise<RecordBatch> {
  try {
    const batch = await reader.readRecordBatch(index);
    if (batch) return batch;
  } catch (error) {
    throw damaged(path, `batch ${index} cannot be read`, error);
  }
  throw new RangeError(`there is no batch ${index} in ${path}`);
}

async function* eachBatch(first: number, end: number, batch: (index: number) => Promise<RecordBatch>) {
  for (let index = first; index < end; index++) yield await batch(index);
}

async function* convertEach<Rows>(
  batches: AsyncGenerator<RecordBatch>,
  convert: (batch: RecordBatch) => Rows,
  path: string,
): AsyncGenerator<Rows> {
  for await (const batch of batches) yield converted(batch, convert, path);
}

/** A column that is not there, or offsets that lead nowhere. */
function converted<Rows>(batch: RecordBatch, convert: (batch: RecordBatch) => Rows, path: string): Rows {
  try {
    return convert(batch);
  } catch (error) {
    throw damaged(path, 'the columns of a batch cannot be read', error);
  }
}

function ownMetadata(schema: Schema, path: string): { type: string | undefined; metadata: Record<string, unknown> } {
  const text = schema.metadata.get(METADATA_KEY);
  if (text === undefined) return { type: undefined, metadata: {} };
  try {
    const { type, ...metadata } = JSON.parse(text);
    return { type, metadata };
  } catch (error) {
    throw damaged(path, `its metadata "${METADATA_KEY}" is not JSON`, error);
  }
}
