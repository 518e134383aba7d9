export {
  checkFlatbuffer,
  DICTIONARY_MESSAGE,
  FOOTER,
  RECORD_BATCH_MESSAGE,
  SCHEMA_MESSAGE,
} from './check-flatbuffer.ts';
export type { Ragged } from './columns.ts';
export {
  createExamplesWriter,
  type ExampleRow,
  type ExampleSplit,
  type ExamplesWriter,
  readExamplesMetadata,
  streamExamples,
} from './examples.ts';
export { TABLE_FAULT_POINTS } from './fault-points.ts';
export { finish } from './finish.ts';
export { type FilePart, findFileFault, GrowingFile } from './growing-file.ts';
export { type HistoryRow, readHistoryTable, writeHistoryTable, writeTimesTable } from './history.ts';
export { type LabelValues, labelWidth } from './label-column.ts';
export {
  createPredictionsWriter,
  type PredictionRow,
  type PredictionRows,
  type PredictionsWriter,
  streamPredictions,
} from './predictions.ts';
export { ResumableTables } from './resumable-tables.ts';
export type { ExamplesMetadata } from './schemas/examples.ts';
export type { HistoryMetadata } from './schemas/history.ts';
export type { PredictionsMetadata } from './schemas/predictions.ts';
export type {
  Int8Error,
  SignalColumn,
  SignalsDtype,
  SignalsMetadata,
  StoredSignals,
} from './schemas/signals.ts';
export type { GlueOrigin } from './schemas/task-labels.ts';
export type { TokensMetadata } from './schemas/tokens.ts';
export { openSignals, type Signals } from './signals-reader.ts';
export { createSignalsWriter, type SignalsWriter } from './signals-writer.ts';
export { findTableFault, type PartialTable, type TablePosition } from './table-position.ts';
export { openTable, type TableReader } from './table-reader.ts';
export { createTableWriter, type TableWriter } from './table-writer.ts';
export { createTextWriter, streamText, type TextRow, type TextWriter } from './text.ts';
export {
  createTokensWriter,
  readTokens,
  streamTokens,
  type TokenRows,
  type Tokens,
  type TokensWriter,
} from './tokens.ts';
