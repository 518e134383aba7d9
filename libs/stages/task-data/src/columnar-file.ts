import { InvalidInputError } from '@retort/diagnostics';
import type { TableFile } from './records.ts';

/** A Parquet or Arrow file, open: its columns are known, its rows come a part at a time. */
export interface ColumnarFile {
  readonly names: readonly string[];
  /** Rows with these columns only, in order. Lists are arrays, whole numbers may be bigint, nothing is null or undefined. */
  readonly read: (columns: readonly string[]) => AsyncGenerator<readonly Readonly<Record<string, unknown>>[]>;
  readonly close: () => Promise<void>;
}

/** `DATA_UNREADABLE` for a file that is not, or no longer, what it should be. */
export function notA(format: 'a Parquet' | 'an Arrow', file: TableFile, cause: unknown): InvalidInputError {
  const seen = (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '');
  const message = `This file cannot be read as ${format} file: ${seen}. Check the path and "source.format".`;
  return new InvalidInputError([{ code: 'DATA_UNREADABLE', message, location: { file: file.label } }]);
}
