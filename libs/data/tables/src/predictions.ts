import type { Task } from '@retort/foundation/task';
import type { Data, RecordBatch } from 'apache-arrow';
import { columnData, numbersOf, raggedOf, stringsOf } from './column-values.ts';
import {
  float32ListColumn,
  int32Column,
  nullableInt32ListColumn,
  nullableNumberColumn,
  utf8Column,
} from './columns.ts';
import { type LabelValues, labelColumn } from './label-column.ts';
import { type PredictionsMetadata, predictionsSchema } from './schemas/predictions.ts';
import { openTable } from './table-reader.ts';
import { createTableWriter } from './table-writer.ts';

/** Some consecutive rows that one model answered. */
export interface PredictionRows {
  readonly model: string;
  readonly firstRow: number;
  readonly rowCount: number;
  /** Gold; missing when unlabelled. */
  readonly labels?: LabelValues | undefined;
  readonly predicted: LabelValues;
  /** float32 [rowCount, outputs]. */
  readonly logits: Float32Array;
  /** float32 [rowCount, outputs]; missing for regression. */
  readonly probabilities?: Float32Array | undefined;
}

export interface PredictionsWriter {
  readonly append: (rows: PredictionRows) => Promise<void>;
  /** Finishes the file; without it the file cannot be opened. Resolves to the number of rows. */
  readonly close: () => Promise<number>;
  /** Lets go of the file, unfinished. */
  readonly abort: () => Promise<void>;
}

export async function createPredictionsWriter(path: string, metadata: PredictionsMetadata): Promise<PredictionsWriter> {
  const writer = await createTableWriter(path, predictionsSchema(metadata));
  const append = ({ model, firstRow, rowCount, labels, predicted, logits, probabilities }: PredictionRows) => {
    const listOf = (values: Float32Array) =>
      float32ListColumn({
        values,
        offsets: Int32Array.from({ length: rowCount + 1 }, (_, i) => (i * values.length) / rowCount),
      });
    return writer.append({
      model: utf8Column(Array.from({ length: rowCount }, () => model)),
      row: int32Column(Int32Array.from({ length: rowCount }, (_, i) => firstRow + i)),
      label: labels ? labelColumn(labels, metadata.task) : noLabels(rowCount, metadata.task),
      predicted: labelColumn(predicted, metadata.task),
      logits: listOf(logits),
      ...(probabilities && { probabilities: listOf(probabilities) }),
    });
  };
  return { append, close: writer.close, abort: writer.abort };
}

function noLabels(rowCount: number, { kind }: Task): Data {
  const none = Array.from({ length: rowCount }, () => undefined);
  return kind === 'multi-label'
    ? nullableInt32ListColumn(none)
    : nullableNumberColumn(kind === 'regression' ? 'float32' : 'int32', none);
}

export interface PredictionRow {
  readonly model: string;
  readonly row: number;
  /** Class, value, or for multi-label the indices that hold; undefined when unlabelled. */
  readonly label: number | readonly number[] | undefined;
  readonly predicted: number | readonly number[];
  readonly logits: Float32Array;
  readonly probabilities: Float32Array | undefined;
}

/** Rows of a `predictions.arrow`, one record batch at a time. */
export async function* streamPredictions(path: string): AsyncGenerator<PredictionRow[]> {
  const table = await openTable(path, { type: 'predictions' });
  try {
    yield* table.read(predictionRowsOf);
  } finally {
    await table.close();
  }
}

function predictionRowsOf(batch: RecordBatch): PredictionRow[] {
  const column = (name: string) => columnData(batch, name) as Data;
  const [labels, predicted] = [cellsOf(column('label')), cellsOf(column('predicted'))];
  const logits = listsOf(column('logits'));
  const probabilities = listsOf(columnData(batch, 'probabilities'));
  const rows = numbersOf<Int32Array>(column('row'));
  return stringsOf(column('model')).map((model, i) => ({
    model: model as string,
    row: rows[i] as number,
    label: labels[i],
    predicted: predicted[i] as number | number[],
    logits: logits[i] as Float32Array,
    probabilities: probabilities[i],
  }));
}

function cellsOf(data: Data): (number | number[] | undefined)[] {
  const isMissing = (i: number) => data.nullCount > 0 && !data.getValid(i);
  if (data.children.length === 0) return Array.from(numbersOf(data), (value, i) => (isMissing(i) ? undefined : value));
  const { values, offsets } = raggedOf<Int32Array>(data);
  return Array.from({ length: data.length }, (_, i) =>
    isMissing(i) ? undefined : [...values.subarray(offsets[i], offsets[i + 1])],
  );
}

function listsOf(data: Data | undefined): Float32Array[] {
  if (data === undefined) return [];
  const { values, offsets } = raggedOf<Float32Array>(data);
  return Array.from({ length: data.length }, (_, i) => values.slice(offsets[i], offsets[i + 1]));
}
