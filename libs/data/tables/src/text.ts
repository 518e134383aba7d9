import type { RecordBatch } from 'apache-arrow';
import { columnData, numbersOf, stringsOf } from './column-values.ts';
import { int32Column, utf8Column } from './columns.ts';
import { textSchema } from './schemas/text.ts';
import type { PartialTable, TablePosition } from './table-position.ts';
import { openTable } from './table-reader.ts';
import { createTableWriter } from './table-writer.ts';

export interface TextRow {
  /** From 0, ascending; all sentences of a document follow each other. */
  readonly document: number;
  readonly sentence: string;
  readonly split: 'train' | 'validation';
}

export interface TextWriter {
  readonly append: (rows: readonly TextRow[]) => Promise<void>;
  /** How far the file is written, once that outlasts a power cut; needs a `partial`. */
  readonly position: () => Promise<TablePosition>;
  /** Finishes the file; without it the file cannot be opened. Resolves to the number of rows. */
  readonly close: () => Promise<number>;
  /** Lets go of the file, unfinished. */
  readonly abort: () => Promise<void>;
}

/** @param partial where the file grows, so that writing goes on after a kill */
export async function createTextWriter(path: string, partial?: PartialTable): Promise<TextWriter> {
  const writer = await createTableWriter(path, textSchema(), partial);
  const append = (rows: readonly TextRow[]) =>
    writer.append({
      document: int32Column(Int32Array.from(rows, (row) => row.document)),
      sentence: utf8Column(rows.map((row) => row.sentence)),
      split: utf8Column(rows.map((row) => row.split)),
    });
  return { append, position: writer.position, close: writer.close, abort: writer.abort };
}

/** Rows of a `text.arrow`, one record batch at a time, from the batch `first` on: memory does not grow with the file. */
export async function* streamText(path: string, { first = 0 } = {}): AsyncGenerator<TextRow[]> {
  const table = await openTable(path, { type: 'text' });
  try {
    yield* table.read(textRowsOf, first);
  } finally {
    await table.close();
  }
}

function textRowsOf(batch: RecordBatch): TextRow[] {
  const documents = numbersOf<Int32Array>(columnData(batch, 'document')!);
  const sentences = stringsOf(columnData(batch, 'sentence')!) as string[];
  const splits = stringsOf(columnData(batch, 'split')!) as TextRow['split'][];
  return sentences.map((sentence, i) => ({
    document: documents[i] as number,
    sentence,
    split: splits[i] as TextRow['split'],
  }));
}
