import { InvalidInputError } from '@retort/foundation/diagnostics';
import { openFile, unreadable } from '@retort/texts/lines';
import { DictionaryBatch } from 'apache-arrow/fb/dictionary-batch';
import { MessageHeader } from 'apache-arrow/fb/message-header';
import { RecordBatch } from 'apache-arrow/fb/record-batch';
import { BatchParts, type Parts } from './arrow/batch-parts.ts';
import { Dictionaries } from './arrow/dictionaries.ts';
import { type ArrowField, fieldsOf, unreadableKind } from './arrow/fields.ts';
import { type ArrowMessage, type ArrowSource, readAt, readMessages, readSchema } from './arrow/messages.ts';
import { columnValues, type Reading, type Values } from './arrow/values.ts';
import { type ColumnarFile, checkRowCount, notA } from './columnar-file.ts';
import type { TableFile } from './records.ts';

/**
 * Reads both formats of Arrow IPC, told by their first bytes: the file format, and the stream of messages. Only the columns
 * that are asked for are read, so that others may be of any type.
 */
export async function openArrow(file: TableFile): Promise<ColumnarFile> {
  const handle = await openFile(file.path, file.label).catch((error: unknown) => {
    throw unreadable(file.label, error);
  });
  try {
    const source = { handle, size: (await handle.stat()).size };
    const fields = await readFields(source);
    return {
      bytes: source.size,
      names: fields.map(({ name }) => name),
      unreadable: (name) => unreadableKind(fields.find((field) => field.name === name) as ArrowField),
      read: (columns) => rowsOf({ source, file, fields, columns }),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error instanceof InvalidInputError ? error : notA('an Arrow', file, error);
  }
}

async function readFields(source: ArrowSource): Promise<ArrowField[]> {
  const schema = await readSchema(source);
  if (schema === null || schema.fieldsLength() === 0) throw new Error('it has no schema');
  return fieldsOf(schema);
}

interface Table {
  readonly source: ArrowSource;
  readonly file: TableFile;
  readonly fields: readonly ArrowField[];
  readonly columns: readonly string[];
}

async function* rowsOf({ source, file, fields, columns }: Table): ReturnType<ColumnarFile['read']> {
  const wanted = fields.filter(({ name }) => columns.includes(name));
  const dictionaries = new Dictionaries(wanted);
  try {
    for await (const message of readMessages(source)) {
      if (message.message.headerType() === MessageHeader.DictionaryBatch)
        await readDictionary(message, { source, dictionaries });
      if (message.message.headerType() === MessageHeader.RecordBatch)
        for await (const rows of batchRows(message, { source, dictionaries, fields, wanted }))
          yield refusing(rows, file);
    }
  } catch (error) {
    throw notA('an Arrow', file, error);
  }
}

/** Values are looked at only now, when their rows are wanted. */
function* refusing<Row>(rows: Iterable<Row>, file: TableFile): Generator<Row> {
  try {
    yield* rows;
  } catch (error) {
    throw notA('an Arrow', file, error);
  }
}

interface Context {
  readonly source: ArrowSource;
  readonly dictionaries: Dictionaries;
}

async function readDictionary(message: ArrowMessage, { source, dictionaries }: Context): Promise<void> {
  const header = message.message.header(new DictionaryBatch()) as DictionaryBatch;
  const field = dictionaries.fieldOf(header.id());
  if (field === undefined) return;
  const batch = unpacked(header.data());
  const parts = new BatchParts(batch, message).next(field);
  const valueAt = await columnValues(field, parts, readingOf(message, { source, dictionaries }));
  dictionaries.set(header.id(), { length: parts.length, valueAt, isDelta: header.isDelta() });
}

async function* batchRows(
  message: ArrowMessage,
  { source, dictionaries, fields, wanted }: Context & { fields: readonly ArrowField[]; wanted: readonly ArrowField[] },
): ReturnType<ColumnarFile['read']> {
  const batch = unpacked(message.message.header(new RecordBatch()) as RecordBatch);
  const rows = Number(batch.length());
  checkRowCount(rows, message.body.bytes);
  const reading = readingOf(message, { source, dictionaries });
  const valuesOf: [string, Values][] = [];
  for (const [field, parts] of partsOf(batch, message, fields)) {
    if (!wanted.includes(field)) continue;
    if (parts.length !== rows) throw new Error(`the column "${field.name}" has ${parts.length} of ${rows} values`);
    valuesOf.push([field.name, await columnValues(field, parts, reading)]);
    // What follows may be of types that nobody knows.
    if (valuesOf.length === wanted.length) break;
  }
  yield records(rows, valuesOf);
}

/** One by one: each may have the same long text of a dictionary. */
function* records(rows: number, valuesOf: readonly (readonly [string, Values])[]): Generator<Record<string, unknown>> {
  for (let row = 0; row < rows; row++)
    yield Object.fromEntries(valuesOf.map(([name, valueAt]) => [name, valueAt(row)]));
}

function* partsOf(
  batch: RecordBatch,
  message: ArrowMessage,
  fields: readonly ArrowField[],
): Generator<[ArrowField, Parts]> {
  const parts = new BatchParts(batch, message);
  for (const field of fields) yield [field, parts.next(field)];
}

function unpacked(batch: RecordBatch | null): RecordBatch {
  if (batch === null) throw new Error('a dictionary has no values');
  if (batch.compression() === null) return batch;
  throw new Error('its buffers are compressed, which is not supported; write it uncompressed, or as Parquet');
}

function readingOf({ body }: ArrowMessage, { source, dictionaries }: Context): Reading {
  return {
    bytesOf: ({ offset, bytes }) => readAt(source, body.position + offset, bytes),
    dictionary: (id) => dictionaries.get(id),
  };
}
