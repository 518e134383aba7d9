import type { FileHandle } from 'node:fs/promises';
import { Message, type RecordBatchReader } from 'apache-arrow';
import { checkFlatbuffer, RECORD_BATCH_MESSAGE } from './check-flatbuffer.ts';
import { checkLayout } from './check-layout.ts';

/** Where the rows of one record batch lie, known without reading them. */
export interface BatchLayout {
  readonly firstRow: number;
  readonly rowCount: number;
  /** Position in the file and bytes of each buffer, in the order of the Arrow format. */
  readonly buffers: readonly { readonly position: number; readonly bytes: number }[];
  /** Lengths of the columns and their children, in the order of the Arrow format. */
  readonly lengths: readonly number[];
}

/** Reads the header of every batch: a few hundred bytes each. */
export async function readBatchLayouts(
  handle: FileHandle,
  footer: RecordBatchReader['footer'],
): Promise<BatchLayout[]> {
  if (!footer) throw new Error('the file has no footer');
  const { size } = await handle.stat();
  const layouts: BatchLayout[] = [];
  let firstRow = 0;
  for (const block of footer.recordBatches()) {
    if (!isInside(block, size)) throw new Error('a batch header is outside the file');
    const layout = await readLayout(handle, block, firstRow);
    if (layout.buffers.some(({ position, bytes }) => position < 0 || bytes < 0 || position + bytes > size))
      throw new Error('a batch is outside the file');
    checkLayout(layout, footer.schema);
    layouts.push(layout);
    firstRow += layout.rowCount;
  }
  return layouts;
}

interface Block {
  readonly offset: number;
  readonly metaDataLength: number;
}

function isInside({ offset, metaDataLength }: Block, size: number): boolean {
  return offset >= 0 && metaDataLength > PREFIX_BYTES && offset + metaDataLength <= size;
}

/** A continuation marker and the header's length come before the header. */
const PREFIX_BYTES = 8;

async function readLayout(
  handle: FileHandle,
  { offset, metaDataLength }: Block,
  firstRow: number,
): Promise<BatchLayout> {
  const bytes = new Uint8Array(metaDataLength);
  await handle.read(bytes, 0, metaDataLength, offset);
  checkFlatbuffer(bytes.subarray(PREFIX_BYTES), RECORD_BATCH_MESSAGE);
  const message = Message.decode(bytes.subarray(PREFIX_BYTES));
  if (!message.isRecordBatch()) throw new Error('a header is not that of a record batch');
  const { length, nodes, buffers } = message.header();
  const body = offset + metaDataLength;
  return {
    firstRow,
    rowCount: length,
    buffers: buffers.map((region) => ({ position: body + region.offset, bytes: region.length })),
    lengths: nodes.map((node) => node.length),
  };
}
