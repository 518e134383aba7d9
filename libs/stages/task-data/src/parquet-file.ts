import { isUtf8 } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { openFile, unreadable } from '@retort/texts/lines';
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type RowGroup,
  type SchemaTree,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { type ColumnarFile, checkRowCount, notA } from './columnar-file.ts';
import { ByteReader } from './parquet/byte-reader.ts';
import { checkPages, type Volume } from './parquet/check-pages.ts';
import { unreadableKind } from './parquet/kinds.ts';
import { readThrift } from './parquet/thrift.ts';
import type { TableFile } from './records.ts';

/** @throws InvalidInputError DATA_UNREADABLE for a file that is not there, or no Parquet file */
export async function openParquet(file: TableFile): Promise<ColumnarFile> {
  const handle = await openFile(file.path, file.label).catch((error: unknown) => {
    throw unreadable(file.label, error);
  });
  try {
    const buffer = await bufferOf(handle);
    const metadata = await readMetadata(buffer);
    const schema = parquetSchema(metadata);
    const columnOf = (name: string) => schema.children.find(({ element }) => element.name === name) as SchemaTree;
    return {
      bytes: buffer.byteLength,
      names: schema.children.map(({ element }) => element.name),
      unreadable: (name) => unreadableKind(columnOf(name)),
      read: (columns) => rowGroups({ file, buffer, metadata, columns: columns.map(columnOf) }),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw notA('a Parquet', file, error);
  }
}

async function bufferOf(handle: FileHandle): Promise<AsyncBuffer> {
  const { size } = await handle.stat();
  const slice = async (start: number, end = size) => {
    const bytes = new ArrayBuffer(Math.max(0, Math.min(end, size) - start));
    await handle.read(new Uint8Array(bytes), 0, bytes.byteLength, start);
    return bytes;
  };
  return { byteLength: size, slice };
}

/** Length of the footer, and the magic word. */
const END_BYTES = 8;
/** A footer takes some hundred bytes for each column of each row group. */
const MAX_FOOTER_BYTES = 16 << 20;
/** Row groups times columns: the schema is built anew for each of them. */
const MAX_CHUNKS = 20_000_000;

async function readMetadata(buffer: AsyncBuffer): Promise<FileMetaData> {
  const end = Math.max(0, buffer.byteLength - END_BYTES);
  const length = new DataView(await buffer.slice(end)).byteLength < END_BYTES ? 0 : await footerBytes(buffer, end);
  if (length > MAX_FOOTER_BYTES) throw new Error(`its footer claims ${length} bytes`);
  if (length > 0 && length <= end) readThrift(new ByteReader(new Uint8Array(await buffer.slice(end - length, end))));
  const metadata = await parquetMetadataAsync(buffer, { geoparquet: false });
  if (metadata.row_groups.length * metadata.schema.length > MAX_CHUNKS)
    throw new Error(`it has ${metadata.row_groups.length} row groups of ${metadata.schema.length} columns`);
  return metadata;
}

/** 0 where this is no Parquet file. */
async function footerBytes(buffer: AsyncBuffer, end: number): Promise<number> {
  const bytes = Buffer.from(await buffer.slice(end));
  return bytes.toString('latin1', 4) === 'PAR1' ? bytes.readUInt32LE(0) : 0;
}

interface Table {
  readonly file: TableFile;
  readonly buffer: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly columns: readonly SchemaTree[];
}

/** One row group at a time, since columns are packed by row group: memory holds one group's columns. */
async function* rowGroups({ file, buffer, metadata, columns }: Table): ReturnType<ColumnarFile['read']> {
  const volume: Volume = { packed: 0, unpacked: 0 };
  const names = columns.map(({ element }) => element.name);
  for (const group of metadata.row_groups) {
    try {
      await checkGroup(group, { buffer, columns, volume });
      yield await parquetReadObjects({
        file: buffer,
        metadata: { ...metadata, row_groups: [group] },
        columns: names,
        compressors,
        parsers: { stringFromBytes },
      });
    } catch (error) {
      throw notA('a Parquet', file, error);
    }
  }
}

interface Wanted {
  readonly buffer: AsyncBuffer;
  readonly columns: readonly SchemaTree[];
  readonly volume: Volume;
}

async function checkGroup({ num_rows, columns: chunks }: RowGroup, { buffer, columns, volume }: Wanted): Promise<void> {
  let bytes = 0;
  for (const { meta_data: metadata } of chunks) {
    const path = columns
      .map((column) => pathTo(column, metadata?.path_in_schema ?? []))
      .find((found) => found.length > 0);
    if (metadata === undefined || path === undefined) continue;
    const start = Number(metadata.dictionary_page_offset || metadata.data_page_offset);
    const length = Number(metadata.total_compressed_size);
    if (!(start >= 0 && length >= 0 && start + length <= buffer.byteLength))
      throw new Error('a column points outside the file');
    bytes += length;
    const chunk = {
      metadata,
      bytes: new Uint8Array(await buffer.slice(start, start + length)),
      maxRepetition: path.filter(({ element }) => element.repetition_type === 'REPEATED').length,
      maxDefinition: path.filter(({ element }) => element.repetition_type !== 'REQUIRED').length,
    };
    checkPages(chunk, { volume, compressors });
  }
  checkRowCount(Number(num_rows), bytes);
}

/** The elements of the schema from a column to one of its chunks; none for a chunk of another column. */
function pathTo(column: SchemaTree, [first, ...rest]: readonly string[]): SchemaTree[] {
  if (column.element.name !== first) return [];
  const next = column.children.find(({ element }) => element.name === rest[0]);
  return next === undefined ? [column] : [column, ...pathTo(next, rest)];
}

function stringFromBytes(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  if (!isUtf8(bytes)) throw new Error('a text in it is not UTF-8');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
