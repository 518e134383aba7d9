import type { FileHandle } from 'node:fs/promises';
import { checkFlatbuffer, FOOTER } from './check-flatbuffer.ts';
import { damaged } from './damaged.ts';

const MAGIC = 'ARROW1';
/** Magic and padding at the front; footer length and magic at the end. */
const FRONT_BYTES = 8;
const BACK_BYTES = 10;

/** A file that was cut off, or is no Arrow file at all. apache-arrow would read a footer length out of the middle of data. */
export async function checkEnds(handle: FileHandle, path: string): Promise<void> {
  const { size } = await handle.stat();
  if (size < FRONT_BYTES + BACK_BYTES) throw damaged(path, `it has ${size} bytes`);
  const front = await readAt(handle, 0, FRONT_BYTES);
  if (front.toString('latin1', 0, MAGIC.length) !== MAGIC) throw damaged(path, `it does not start with "${MAGIC}"`);
  const back = await readAt(handle, size - BACK_BYTES, BACK_BYTES);
  if (back.toString('latin1', 4) !== MAGIC) throw damaged(path, `it does not end with "${MAGIC}", so it is truncated`);
  const footerBytes = back.readInt32LE(0);
  if (footerBytes <= 0 || footerBytes > size - FRONT_BYTES - BACK_BYTES) {
    throw damaged(path, `its footer claims ${footerBytes} of ${size} bytes`);
  }
  checkFooter(await readAt(handle, size - BACK_BYTES - footerBytes, footerBytes), path);
}

function checkFooter(footer: Buffer, path: string): void {
  try {
    checkFlatbuffer(footer, FOOTER);
  } catch (error) {
    throw damaged(path, 'its footer cannot be read', error);
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer } = await handle.read(Buffer.alloc(length), 0, length, position);
  return buffer;
}
