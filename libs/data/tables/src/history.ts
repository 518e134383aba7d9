import type { Data, RecordBatch } from 'apache-arrow';
import { columnData, numbersOf } from './column-values.ts';
import { float32Column, int32Column, nullableNumberColumn } from './columns.ts';
import { finish } from './finish.ts';
import { type HistoryMetadata, historySchema, timesSchema } from './schemas/history.ts';
import { openTable } from './table-reader.ts';
import { createTableWriter } from './table-writer.ts';

/** How training stood after some step. */
export interface HistoryRow {
  readonly step: number;
  readonly epoch: number;
  readonly learningRate?: number | undefined;
  readonly gradientNorm?: number | undefined;
  /** Losses and scores by column; what is missing becomes null. */
  readonly values: Readonly<Record<string, number>>;
}

export async function writeHistoryTable(
  path: string,
  rows: readonly HistoryRow[],
  metadata: HistoryMetadata,
): Promise<void> {
  const named = [...metadata.losses, ...metadata.scores].map((name) => [
    name,
    nullableNumberColumn(
      'float32',
      rows.map(({ values }) => values[name]),
    ),
  ]);
  const optional = (name: 'learningRate' | 'gradientNorm') =>
    nullableNumberColumn(
      'float32',
      rows.map((row) => row[name]),
    );
  const writer = await createTableWriter(path, historySchema(metadata));
  await finish([writer], () =>
    writer.append({
      step: int32Column(Int32Array.from(rows, ({ step }) => step)),
      epoch: float32Column(Float32Array.from(rows, ({ epoch }) => epoch)),
      learningRate: optional('learningRate'),
      gradientNorm: optional('gradientNorm'),
      ...Object.fromEntries(named),
    }),
  );
}

export async function writeTimesTable(
  path: string,
  rows: readonly { readonly step: number; readonly seconds: number }[],
): Promise<void> {
  const writer = await createTableWriter(path, timesSchema());
  await finish([writer], () =>
    writer.append({
      step: int32Column(Int32Array.from(rows, ({ step }) => step)),
      seconds: float32Column(Float32Array.from(rows, ({ seconds }) => seconds)),
    }),
  );
}

/** A `history.arrow`, as it was written but in float32. */
export async function readHistoryTable(path: string): Promise<{ metadata: HistoryMetadata; rows: HistoryRow[] }> {
  const table = await openTable(path, { type: 'history' });
  try {
    const metadata = table.metadata as unknown as HistoryMetadata;
    const rows: HistoryRow[] = [];
    for await (const some of table.read((batch) => rowsOf(batch, metadata))) rows.push(...some);
    return { metadata, rows };
  } finally {
    await table.close();
  }
}

function rowsOf(batch: RecordBatch, { losses, scores }: HistoryMetadata): HistoryRow[] {
  const cell = (name: string, row: number): number | undefined => {
    const data = columnData(batch, name) as Data;
    return data.nullCount > 0 && !data.getValid(row) ? undefined : numbersOf(data)[row];
  };
  return Array.from({ length: batch.numRows }, (_, row) => {
    const values = [...losses, ...scores].map((name) => [name, cell(name, row)] as const);
    return {
      step: cell('step', row) as number,
      epoch: cell('epoch', row) as number,
      learningRate: cell('learningRate', row),
      gradientNorm: cell('gradientNorm', row),
      values: Object.fromEntries(values.filter((entry): entry is [string, number] => entry[1] !== undefined)),
    };
  });
}
