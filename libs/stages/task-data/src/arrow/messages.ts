import type { FileHandle } from 'node:fs/promises';
import { checkFlatbuffer, DICTIONARY_MESSAGE, FOOTER, RECORD_BATCH_MESSAGE, SCHEMA_MESSAGE } from '@retort/tables';
import type { Block } from 'apache-arrow/fb/block';
import { Footer } from 'apache-arrow/fb/footer';
import { Message } from 'apache-arrow/fb/message';
import { MessageHeader } from 'apache-arrow/fb/message-header';
import { MetadataVersion } from 'apache-arrow/fb/metadata-version';
import { Schema } from 'apache-arrow/fb/schema';
import { ByteBuffer } from 'flatbuffers';

/** A file of Arrow IPC, whose every number is held against the bytes that are there before it is believed. */
export interface ArrowSource {
  readonly handle: FileHandle;
  readonly size: number;
}

/** A schema, a dictionary or a batch of rows; its buffers are not read yet. */
export interface ArrowMessage {
  readonly message: Message;
  /** Where the buffers lie in the file. */
  readonly body: { readonly position: number; readonly bytes: number };
}

const MAGIC = 'ARROW1';
/** Magic and padding, or the beginning of a message. */
const FRONT_BYTES = 8;
/** Footer length and magic at the end of the file format. */
const BACK_BYTES = 10;
/** Marker and length of a message's header. */
const PREFIX_BYTES = 8;
const CONTINUATION = -1;
/** A header takes some bytes for each column. */
const MAX_HEADER_BYTES = 16 << 20;

/** What says which columns there are. A file has it in its footer too, and polars writes it only there as it should be. */
export async function readSchema(source: ArrowSource): Promise<Schema | null> {
  if (await isFileFormat(source)) return (await readFooter(source)).schema();
  const { value } = await streamMessages(source).next();
  return value?.message.headerType() === MessageHeader.Schema ? (value.message.header(new Schema()) as Schema) : null;
}

/**
 * Messages of both formats of Arrow IPC, told by the first bytes: of a stream in their order, of a file those that its
 * footer lists, dictionaries first.
 */
export async function* readMessages(source: ArrowSource): AsyncGenerator<ArrowMessage> {
  if (await isFileFormat(source)) yield* fileMessages(source);
  else yield* streamMessages(source);
}

async function isFileFormat(source: ArrowSource): Promise<boolean> {
  const front = await readAt(source, 0, Math.min(source.size, FRONT_BYTES));
  if (front.toString('latin1', 0, MAGIC.length) === MAGIC) return true;
  if (front.length === FRONT_BYTES && front.readInt32LE(0) === CONTINUATION) return false;
  const isOld = front.toString('latin1', 0, 4) === 'FEA1';
  throw new Error(
    isOld ? 'it is of Feather version 1; write it as version 2, uncompressed' : 'it does not start like one',
  );
}

/** @throws Error when the bytes are not in the file */
export async function readAt({ handle, size }: ArrowSource, position: number, bytes: number): Promise<Buffer> {
  if (!(position >= 0 && bytes >= 0 && position + bytes <= size)) throw new Error('it is truncated or damaged');
  // Memory of its own, from address 0: views of numbers need that.
  const buffer = Buffer.from(new ArrayBuffer(bytes));
  const { bytesRead } = await handle.read(buffer, 0, bytes, position);
  if (bytesRead !== bytes) throw new Error('it changed while it was read');
  return buffer;
}

async function* streamMessages(source: ArrowSource): AsyncGenerator<ArrowMessage> {
  for (let position = 0; position < source.size; ) {
    const message = await readMessage(source, position);
    if (message === undefined) return;
    yield message;
    position = message.body.position + message.body.bytes;
  }
}

async function* fileMessages(source: ArrowSource): AsyncGenerator<ArrowMessage> {
  const footer = await readFooter(source);
  const blocks = [
    ...blocksOf(footer.dictionariesLength(), (i) => footer.dictionaries(i)),
    ...blocksOf(footer.recordBatchesLength(), (i) => footer.recordBatches(i)),
  ];
  for (const position of blocks) {
    const message = await readMessage(source, position);
    if (message === undefined) throw new Error('its footer lists a missing batch');
    yield message;
  }
}

function blocksOf(count: number, at: (index: number) => Block | null): number[] {
  return Array.from({ length: count }, (_, i) => Number(at(i)?.offset() ?? -1n));
}

async function readFooter(source: ArrowSource): Promise<Footer> {
  const end = source.size - BACK_BYTES;
  const back = await readAt(source, end, BACK_BYTES);
  const bytes = back.readInt32LE(0);
  if (back.toString('latin1', 4) !== MAGIC) throw new Error('it does not end like one, so it is truncated');
  if (bytes <= 0 || bytes > MAX_HEADER_BYTES) throw new Error(`its footer claims ${bytes} bytes`);
  const footer = await readAt(source, end - bytes, bytes);
  checkFlatbuffer(footer, FOOTER);
  return Footer.getRootAsFooter(new ByteBuffer(footer));
}

const SHAPES = {
  [MessageHeader.Schema]: SCHEMA_MESSAGE,
  [MessageHeader.DictionaryBatch]: DICTIONARY_MESSAGE,
  [MessageHeader.RecordBatch]: RECORD_BATCH_MESSAGE,
};

/** Undefined for what ends a stream. */
async function readMessage(source: ArrowSource, position: number): Promise<ArrowMessage | undefined> {
  const prefix = await readAt(source, position, PREFIX_BYTES);
  const bytes = prefix.readInt32LE(4);
  if (prefix.readInt32LE(0) !== CONTINUATION) throw new Error('a message has an invalid start');
  if (bytes === 0) return undefined;
  if (bytes < 0 || bytes > MAX_HEADER_BYTES) throw new Error(`the header of a message claims ${bytes} bytes`);
  const header = await readAt(source, position + PREFIX_BYTES, bytes);
  checkFlatbuffer(header, {});
  const message = Message.getRootAsMessage(new ByteBuffer(header));
  const shape = SHAPES[message.headerType() as keyof typeof SHAPES];
  if (shape === undefined) throw new Error(`a message has the unexpected kind ${message.headerType()}`);
  checkFlatbuffer(header, shape);
  if (message.version() < MetadataVersion.V4) throw new Error('its version is older than 0.8');
  const body = { position: position + PREFIX_BYTES + bytes, bytes: Number(message.bodyLength()) };
  if (body.bytes < 0 || body.position + body.bytes > source.size) throw new Error('it is truncated or damaged');
  return { message, body };
}
