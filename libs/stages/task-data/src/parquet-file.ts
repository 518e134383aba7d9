import { type FileHandle, open } from 'node:fs/promises';
import { unreadable } from '@retort/text-lines';
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { type ColumnarFile, notA } from './columnar-file.ts';
import type { TableFile } from './records.ts';

/** @throws InvalidInputError DATA_UNREADABLE for a file that is not there, or no Parquet file */
export async function openParquet(file: TableFile): Promise<ColumnarFile> {
  const handle = await open(file.path, 'r').catch((error: unknown) => {
    throw unreadable(file.label, error);
  });
  try {
    const buffer = await bufferOf(handle);
    const metadata = await parquetMetadataAsync(buffer).catch((error: unknown) => {
      throw notA('a Parquet', file, error);
    });
    return {
      bytes: buffer.byteLength,
      unreadable: () => undefined,
      names: parquetSchema(metadata).children.map(({ element }) => element.name),
      read: (columns) => rowGroups({ file, buffer, metadata, columns }),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
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

interface Reading {
  readonly file: TableFile;
  readonly buffer: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly columns: readonly string[];
}

/** One row group at a time, since columns are packed by row group: memory holds one group's columns. */
async function* rowGroups({ file, buffer, metadata, columns }: Reading): ReturnType<ColumnarFile['read']> {
  let rowStart = 0;
  for (const { num_rows: rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(rows);
    const request = { file: buffer, metadata, columns: [...columns], rowStart, rowEnd, compressors };
    yield await parquetReadObjects(request).catch((error: unknown) => {
      throw notA('a Parquet', file, error);
    });
    rowStart = rowEnd;
  }
}
