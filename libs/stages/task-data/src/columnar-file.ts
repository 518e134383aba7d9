import { InvalidInputError, theSetting } from '@retort/foundation/diagnostics';
import type { TableFile } from './records.ts';

/** A Parquet or Arrow file, open: its columns are known, its rows come a part at a time. */
export interface ColumnarFile {
  readonly names: readonly string[];
  /** Size of the file. */
  readonly bytes: number;
  /** What a column holds, where that can be neither text nor labels; undefined where it can be read. */
  readonly unreadable: (name: string) => string | undefined;
  /** Rows with these columns only, in order. Lists are arrays, whole numbers may be bigint, nothing is null or undefined. */
  readonly read: (columns: readonly string[]) => AsyncGenerator<Iterable<Readonly<Record<string, unknown>>>>;
  readonly close: () => Promise<void>;
}

/** `DATA_UNREADABLE` for a file that is not, or no longer, what it should be. */
export function notA(format: 'a Parquet' | 'an Arrow', file: TableFile, cause: unknown): InvalidInputError {
  if (cause instanceof InvalidInputError) return cause;
  const seen = (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '');
  const setting = theSetting('source.format');
  const message = `This file cannot be read as ${format} file: ${seen}. Check its path and ${setting.words}.`;
  return new InvalidInputError([
    { code: 'DATA_UNREADABLE', message, location: { file: file.label }, advice: [setting] },
  ]);
}

/** Rows that any file may have in one part; more than this need bytes of their own. */
const UNCHECKED_ROWS = 1 << 20;

/**
 * Even a boolean takes a bit. What promises more rows than that has one value for all of them, which no texts have.
 *
 * @throws Error
 */
export function checkRowCount(rows: number, bytes: number): void {
  if (!(rows >= 0 && (rows <= UNCHECKED_ROWS || rows <= 8 * bytes)))
    throw new Error(`a part of it claims ${rows} rows in ${bytes} bytes`);
}
