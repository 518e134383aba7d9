import type { Task } from '@retort/foundation/task';
import type { Data, RecordBatch } from 'apache-arrow';
import { columnData, numbersOf, raggedOf, stringsOf } from './column-values.ts';
import { nullableInt32ListColumn, nullableNumberColumn, utf8Column } from './columns.ts';
import { type ExamplesMetadata, examplesMetadata, examplesSchema } from './schemas/examples.ts';
import type { PartialTable, TablePosition } from './table-position.ts';
import { openTable } from './table-reader.ts';
import { createTableWriter } from './table-writer.ts';

/** `selection`: training examples that are set apart to choose weights by. */
export type ExampleSplit = 'train' | 'selection' | 'validation' | 'test';

export interface ExampleRow {
  readonly textA: string;
  readonly textB?: string | undefined;
  /** Class index, or the value to predict; missing in an unlabelled test set. */
  readonly label?: number | undefined;
  /** In place of `label` for multi-label tasks: the indices that hold, ascending. */
  readonly labels?: readonly number[] | undefined;
  readonly split: ExampleSplit;
}

export interface ExamplesWriter {
  readonly append: (rows: readonly ExampleRow[]) => Promise<void>;
  /** How far the file is written for sure. */
  readonly position: () => Promise<TablePosition>;
  /** Finishes the file; without it the file cannot be opened. Resolves to the number of rows. */
  readonly close: () => Promise<number>;
  /** Lets go of the file, unfinished. */
  readonly abort: () => Promise<void>;
}

export async function createExamplesWriter(
  path: string,
  metadata: ExamplesMetadata,
  partial?: PartialTable,
): Promise<ExamplesWriter> {
  const writer = await createTableWriter(path, examplesSchema(metadata), partial);
  const append = (rows: readonly ExampleRow[]) =>
    writer.append({
      textA: utf8Column(rows.map((row) => row.textA)),
      textB: utf8Column(rows.map((row) => row.textB)),
      label: labelColumn(rows, metadata.task),
      split: utf8Column(rows.map((row) => row.split)),
    });
  return { append, position: writer.position, close: writer.close, abort: writer.abort };
}

/** Rows of an `examples.arrow`, one record batch at a time, from the batch `first` on: memory does not grow with the file. */
export async function* streamExamples(path: string, { first = 0 } = {}): AsyncGenerator<ExampleRow[]> {
  const table = await openTable(path, { type: 'examples' });
  const { task } = examplesMetadata(table.metadata);
  try {
    yield* table.read((batch) => exampleRowsOf(batch, task), first);
  } finally {
    await table.close();
  }
}

function exampleRowsOf(batch: RecordBatch, task: Task): ExampleRow[] {
  const textA = stringsOf(columnData(batch, 'textA')!) as string[];
  const textB = stringsOf(columnData(batch, 'textB')!);
  const labels = labelCells(columnData(batch, 'label')!, task);
  const splits = stringsOf(columnData(batch, 'split')!) as ExampleSplit[];
  return textA.map((text, i) => ({ textA: text, textB: textB[i], ...labels[i], split: splits[i] as ExampleSplit }));
}

/** What an `examples.arrow` says about itself, and its row count, without reading rows. */
export async function readExamplesMetadata(path: string): Promise<{ metadata: ExamplesMetadata; rowCount: number }> {
  const table = await openTable(path, { type: 'examples' });
  await table.close();
  return { metadata: examplesMetadata(table.metadata), rowCount: table.rowCount };
}

function labelColumn(rows: readonly ExampleRow[], { kind }: Task): Data {
  if (kind === 'multi-label') return nullableInt32ListColumn(rows.map((row) => row.labels));
  return nullableNumberColumn(
    kind === 'regression' ? 'float32' : 'int32',
    rows.map((row) => row.label),
  );
}

function labelCells(data: Data, { kind }: Task): Pick<ExampleRow, 'label' | 'labels'>[] {
  if (kind !== 'multi-label') return nullableNumbers(data).map((label) => ({ label }));
  const { values, offsets } = raggedOf<Int32Array>(data);
  return Array.from({ length: data.length }, (_, i) => ({
    labels: data.nullCount > 0 && !data.getValid(i) ? undefined : [...values.subarray(offsets[i], offsets[i + 1])],
  }));
}

function nullableNumbers(data: Data): (number | undefined)[] {
  return Array.from(numbersOf(data), (value, i) => (data.nullCount > 0 && !data.getValid(i) ? undefined : value));
}
