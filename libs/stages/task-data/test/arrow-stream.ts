import { DictionaryBatch } from 'apache-arrow/fb/dictionary-batch';
import { DictionaryEncoding } from 'apache-arrow/fb/dictionary-encoding';
import { Field } from 'apache-arrow/fb/field';
import { Int } from 'apache-arrow/fb/int';
import { Message } from 'apache-arrow/fb/message';
import { MessageHeader } from 'apache-arrow/fb/message-header';
import { MetadataVersion } from 'apache-arrow/fb/metadata-version';
import { RecordBatch } from 'apache-arrow/fb/record-batch';
import { Schema } from 'apache-arrow/fb/schema';
import { Type } from 'apache-arrow/fb/type';
import { Builder } from 'flatbuffers';

/** A column to write as bytes that need not make sense: apache-arrow writes neither all types nor lies. */
export interface RawField {
  readonly name: string;
  readonly type: Type;
  /** Writes what the type has of its own. */
  readonly details?: (builder: Builder) => number;
  readonly children?: readonly RawField[];
  /** Its values are in the dictionary with this id; it has int8 indices. */
  readonly dictionary?: number;
}

export interface RawBatch {
  /** Of a dictionary. */
  readonly id?: number;
  readonly isDelta?: boolean;
  readonly length: number;
  /** Of each column and its parts: values, and nulls among them. */
  readonly nodes: readonly (readonly [number, number])[];
  readonly buffers: readonly Uint8Array[];
  readonly variadic?: readonly number[];
  /** In place of the length of the buffer with this index. */
  readonly claimed?: readonly [buffer: number, bytes: number];
}

export const int32 = (builder: Builder) => Int.createInt(builder, 32, true);

export function bytes(...values: readonly (number | string)[]): Uint8Array {
  return Buffer.concat(values.map((value) => (typeof value === 'string' ? Buffer.from(value) : Buffer.from([value]))));
}

export function int32s(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}

/** Validity, offsets and bytes of texts without nulls. */
export function texts(...values: readonly string[]): Uint8Array[] {
  let end = 0;
  const offsets = [0, ...values.map((value) => (end += Buffer.byteLength(value)))];
  return [bytes(), int32s(...offsets), bytes(...values)];
}

/** An Arrow stream. */
export function arrowStream(fields: readonly RawField[], batches: readonly RawBatch[]): Uint8Array {
  const schema = message(MessageHeader.Schema, 0, (builder) => {
    const offsets = fields.map((field) => writeField(builder, field));
    const vector = Schema.createFieldsVector(builder, offsets);
    return Schema.createSchema(builder, 0, vector, 0, 0);
  });
  return Buffer.concat([schema, ...batches.map(batchMessage), int32s(-1, 0)]);
}

function writeField(builder: Builder, { name, type, details, children = [], dictionary }: RawField): number {
  const nameAt = builder.createString(name);
  const childrenAt = Field.createChildrenVector(
    builder,
    children.map((child) => writeField(builder, child)),
  );
  const detailsAt = details?.(builder) ?? emptyTable(builder);
  const encodingAt = dictionary === undefined ? 0 : encoding(builder, dictionary);
  Field.startField(builder);
  Field.addName(builder, nameAt);
  Field.addNullable(builder, true);
  Field.addTypeType(builder, type);
  Field.addType(builder, detailsAt);
  if (encodingAt !== 0) Field.addDictionary(builder, encodingAt);
  Field.addChildren(builder, childrenAt);
  return Field.endField(builder);
}

function emptyTable(builder: Builder): number {
  builder.startObject(0);
  return builder.endObject();
}

function encoding(builder: Builder, id: number): number {
  const index = Int.createInt(builder, 8, true);
  DictionaryEncoding.startDictionaryEncoding(builder);
  DictionaryEncoding.addId(builder, BigInt(id));
  DictionaryEncoding.addIndexType(builder, index);
  return DictionaryEncoding.endDictionaryEncoding(builder);
}

function batchMessage(batch: RawBatch): Uint8Array {
  const padded = batch.buffers.map((buffer) => Buffer.concat([buffer, Buffer.alloc(-buffer.length & 7)]));
  const body = Buffer.concat(padded);
  const kind = batch.id === undefined ? MessageHeader.RecordBatch : MessageHeader.DictionaryBatch;
  const header = message(kind, body.length, (builder) => {
    const data = writeBatch(builder, batch, padded);
    if (batch.id === undefined) return data;
    DictionaryBatch.startDictionaryBatch(builder);
    DictionaryBatch.addId(builder, BigInt(batch.id));
    DictionaryBatch.addData(builder, data);
    DictionaryBatch.addIsDelta(builder, batch.isDelta ?? false);
    return DictionaryBatch.endDictionaryBatch(builder);
  });
  return Buffer.concat([header, body]);
}

function writeBatch(
  builder: Builder,
  { length, nodes, buffers, variadic = [], claimed }: RawBatch,
  padded: readonly Uint8Array[],
): number {
  const pairs = (values: readonly (readonly [number, number])[], start: (b: Builder, count: number) => void) => {
    start(builder, values.length);
    for (const [first, second] of [...values].reverse()) {
      builder.prep(8, 16);
      builder.writeInt64(BigInt(second));
      builder.writeInt64(BigInt(first));
    }
    return builder.endVector();
  };
  let position = 0;
  const regions = padded.map((buffer, i) => {
    const region = [position, claimed?.[0] === i ? claimed[1] : (buffers[i] as Uint8Array).length] as const;
    position += buffer.length;
    return region;
  });
  const nodesAt = pairs(nodes, RecordBatch.startNodesVector);
  const buffersAt = pairs(regions, RecordBatch.startBuffersVector);
  const variadicAt = RecordBatch.createVariadicBufferCountsVector(builder, variadic.map(BigInt));
  RecordBatch.startRecordBatch(builder);
  RecordBatch.addLength(builder, BigInt(length));
  RecordBatch.addNodes(builder, nodesAt);
  RecordBatch.addBuffers(builder, buffersAt);
  RecordBatch.addVariadicBufferCounts(builder, variadicAt);
  return RecordBatch.endRecordBatch(builder);
}

function message(kind: MessageHeader, bodyBytes: number, write: (builder: Builder) => number): Uint8Array {
  const builder = new Builder();
  const header = write(builder);
  builder.finish(Message.createMessage(builder, MetadataVersion.V5, kind, header, BigInt(bodyBytes), 0));
  const table = builder.asUint8Array();
  const padding = Buffer.alloc(-table.length & 7);
  return Buffer.concat([int32s(-1, table.length + padding.length), table, padding]);
}
