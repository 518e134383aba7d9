import { stat } from 'node:fs/promises';
import { type FilePart, findFileFault } from './growing-file.ts';

/** How far a table's file is written, for sure. JSON, so that it fits into a checkpoint. */
export interface TablePosition {
  readonly rows: number;
  /** From the start of the file, one after the other. */
  readonly parts: readonly FilePart[];
  /** Whether the footer is among them: nothing is left to write. */
  readonly isWhole: boolean;
}

/** Where a table's file grows until it is whole, so that writing can go on after a kill. */
export interface PartialTable {
  /** On the file system of the table's own path, and kept from one attempt to the next. */
  readonly path: string;
  /** Where writing goes on; it begins when left out. `findTableFault` must have found none. */
  readonly from?: TablePosition | undefined;
}

/** Why writing cannot go on from a position; undefined when it can. Reads all bytes before it. */
export async function findTableFault(path: string, { parts, isWhole }: TablePosition): Promise<string | undefined> {
  const status = await stat(path).catch(() => undefined);
  if (status === undefined) return `${path} is gone`;
  // A whole table has a second name in the output; one that is to grow must never change a file that others see.
  if (!isWhole && status.nlink > 1) return `${path} is in use under another name`;
  return findFileFault(path, parts);
}
