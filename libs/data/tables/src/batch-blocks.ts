import type { FileHandle } from 'node:fs/promises';
import { Message } from 'apache-arrow';

/** Where one record batch lies in a file, as a footer lists it. */
export interface BatchBlock {
  readonly offset: number;
  readonly metaDataLength: number;
  readonly bodyLength: number;
}

/** The magic word with its padding. */
const FRONT_BYTES = 8;
/** A continuation marker and the header's length come before each header. */
const PREFIX_BYTES = 8;

/** The batches up to a byte of a file that has no footer yet, from the headers that lie before each. */
export async function readBatchBlocks(handle: FileHandle, end: number): Promise<BatchBlock[]> {
  const blocks: BatchBlock[] = [];
  for (let offset = FRONT_BYTES; offset < end; ) {
    const prefix = await readAt(handle, offset, PREFIX_BYTES);
    const headerBytes = prefix.readInt32LE(4);
    const message = Message.decode(await readAt(handle, offset + PREFIX_BYTES, headerBytes));
    const block = { offset, metaDataLength: PREFIX_BYTES + headerBytes, bodyLength: message.bodyLength };
    blocks.push(block);
    offset += block.metaDataLength + block.bodyLength;
  }
  return blocks;
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer } = await handle.read(Buffer.alloc(length), 0, length, position);
  return buffer;
}
