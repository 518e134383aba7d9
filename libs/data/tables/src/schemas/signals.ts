import type { Task } from '@retort/foundation/task';
import { Float16, Float32, Int32, type Schema } from 'apache-arrow';
import { listOf } from '../columns.ts';
import { withStoredTask } from './task-labels.ts';
import { describedField, typedSchema } from './typed-schema.ts';

export type SignalsDtype = 'float16' | 'float32';

/** What a `signals.arrow` says about itself. */
export interface SignalsMetadata {
  readonly teacherDigest: string;
  /** Digest of the tokens that the rows belong to; the column `row` says which is which. */
  readonly tokensDigest: string;
  readonly tokenizerDigest: string;
  readonly dtype: SignalsDtype;
  /** Whether there is a `logits` column; always float32. */
  readonly logits: boolean;
  /** What the teacher's logits answer, its labels in their order; missing for one without a classification head. */
  readonly task?: Task;
  /** Teacher layers 0…N whose hidden states are stored; 0 is the embedding output. */
  readonly hiddenStates: readonly number[];
  /** Teacher layers 1…N whose attention scores are stored. */
  readonly attentionScores: readonly number[];
  /** Geometry of the teacher. */
  readonly teacherLayers: number;
  readonly hiddenSize: number;
  readonly heads: number;
  /** How the teacher computed; float32 when left out. */
  readonly precision?: 'int8';
  /** What int8 costs, measured on some rows against the same teacher in float32. */
  readonly int8Error?: Int8Error;
  /** Positions that are stored of every row, those of padding included; only valid ones when left out. */
  readonly paddedLength?: number;
  /** Which positions are stored and how scores were taken. */
  readonly maskConvention:
    | 'valid positions only, scores before softmax and mask'
    | 'all positions of rows padded to paddedLength, scores before softmax and mask';
}

/**
 * Root mean square of the differences, as a part of the standard deviation in float32: of logits from row to row, of
 * hidden states from token to token; over all layers that are stored.
 */
export interface Int8Error {
  readonly rows: number;
  readonly hiddenStates?: number;
  readonly attentionScores?: number;
  readonly logits?: number;
}

export function hiddenStatesColumn(layer: number): string {
  return `hiddenStates.${layer}`;
}

export function attentionScoresColumn(layer: number): string {
  return `attentionScores.${layer}`;
}

/** The last column, so that the others have the numbers of `signalColumns`. */
export const ROW_COLUMN = 'row';

/** Column names in the order of the file, with the dtype of each. */
export function signalColumns(metadata: SignalsMetadata): { name: string; dtype: SignalsDtype; description: string }[] {
  const { dtype, hiddenSize, heads } = metadata;
  const hidden = metadata.hiddenStates.map((layer) => ({
    name: hiddenStatesColumn(layer),
    dtype,
    description: `Teacher layer ${layer}: [length, ${hiddenSize}], row by row`,
  }));
  const attention = metadata.attentionScores.map((layer) => ({
    name: attentionScoresColumn(layer),
    dtype,
    description: `Teacher layer ${layer}: [${heads} heads, length, length], before softmax and mask`,
  }));
  const logits = { name: 'logits', dtype: 'float32' as const, description: 'Unnormalised class scores: [classes]' };
  return [...(metadata.logits ? [logits] : []), ...hidden, ...attention];
}

/** The columns of `signals.arrow`: one list per row and column, valid positions only unless `paddedLength` says otherwise. */
export function signalsSchema(metadata: SignalsMetadata): Schema {
  const fields = signalColumns(metadata).map(({ name, dtype, description }) =>
    describedField(name, listOf(dtype === 'float16' ? new Float16() : new Float32()), description),
  );
  const row = describedField(
    ROW_COLUMN,
    new Int32(),
    'Row of the tokens that these signals answer; each once, in any order',
  );
  return typedSchema('signals', [...fields, row], withStoredTask(metadata));
}
