import type { Task } from '@retort/foundation/task';
import { Float16, Float32, Int32, type Schema } from 'apache-arrow';
import { listOf } from '../columns.ts';
import { withStoredTask } from './task-labels.ts';
import { describedField, typedSchema } from './typed-schema.ts';

export type SignalsDtype = 'float16' | 'float32';

/** What a `signals.arrow` says about itself, apart from its columns. */
export interface SignalsMetadata {
  readonly teacherDigest: string;
  /** Digest of the tokens that the rows belong to; the column `row` says which is which. */
  readonly tokensDigest: string;
  readonly tokenizerDigest: string;
  /** Of signals with positions; others are float32. */
  readonly dtype: SignalsDtype;
  /** What the teacher's logits answer, its labels in their order; missing for one without a classification head. */
  readonly task?: Task;
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
 * Root mean square of the differences, as a part of the standard deviation in float32, by signal: of logits from row to
 * row, of hidden states from token to token; over all layers that are stored.
 */
export interface Int8Error {
  readonly rows: number;
  readonly [signal: string]: number;
}

/** One answer of the teacher about each row: `logits`, or `hiddenStates.3` where a signal has layers. */
export interface SignalColumn {
  readonly name: string;
  readonly dtype: SignalsDtype;
  readonly description: string;
}

/** Which answers a table holds: layers by signal, or `true` for a signal without layers. */
export type StoredSignals = Readonly<Record<string, true | readonly number[]>>;

export function storedSignals(columns: readonly { readonly name: string }[]): StoredSignals {
  const stored: Record<string, true | number[]> = {};
  for (const { name } of columns) {
    const [signal, layer] = name.split('.') as [string, string?];
    const layers = stored[signal];
    stored[signal] = layer === undefined ? true : [...(Array.isArray(layers) ? layers : []), Number(layer)];
  }
  return stored;
}

/** Tables of earlier versions say of these three that they are not there. */
const ALWAYS_SAID = { logits: false, hiddenStates: [], attentionScores: [] } as const;

/** What a table's metadata says of its columns. */
export function columnsMetadata(columns: readonly { readonly name: string }[]): Readonly<Record<string, unknown>> {
  return { ...ALWAYS_SAID, ...storedSignals(columns) };
}

/** The last column, so that the others have the numbers of their places. */
export const ROW_COLUMN = 'row';

/** The columns of `signals.arrow`: one list per row and column, valid positions only unless `paddedLength` says otherwise. */
export function signalsSchema(metadata: SignalsMetadata, columns: readonly SignalColumn[]): Schema {
  const fields = columns.map(({ name, dtype, description }) =>
    describedField(name, listOf(dtype === 'float16' ? new Float16() : new Float32()), description),
  );
  const row = describedField(
    ROW_COLUMN,
    new Int32(),
    'Row of the tokens that these signals answer; each once, in any order',
  );
  return typedSchema('signals', [...fields, row], {
    ...withStoredTask(metadata),
    ...columnsMetadata(columns),
  });
}
