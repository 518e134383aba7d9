import { RetortError } from '@retort/foundation/diagnostics';
import type { Task } from '@retort/foundation/task';
import type { Architecture } from './geometry.ts';
import type { HeadKind } from './heads/head-kind.ts';

/** Geometry and constants of one BERT, or of a model of another family that computes as one. Sizes in elements. */
export interface BertConfig extends Architecture {
  /** Name of the family whose folder holds it; "bert" when missing. */
  readonly family?: string;
  readonly vocabularySize: number;
  /** Width of the embedding tables where it is not the hidden size; they are then followed by a projection. */
  readonly embeddingSize?: number;
  /** Token that fills up rows; 0 when missing. */
  readonly padId?: number;
  readonly segmentTypes: number;
  readonly layerNormEpsilon: number;
  /** What its classification head answers. */
  readonly task?: Task;
  /** Of the classification head; HuggingFace's when missing. */
  readonly headKind?: HeadKind;
  /** Identity of the vocabulary that the embedding table belongs to. */
  readonly tokenizerDigest?: string;
}

export const LAYER_NORM_EPSILON = 1e-12;

/** Of a `config.json`, which has a name for each class. */
export const CONFIG_LIMITS = { bytes: 16 << 20, depth: 10, values: 250_000 };

/** @throws RetortError BERT_GEOMETRY when heads do not divide the hidden size */
export function headSize({ hiddenSize, heads }: Architecture): number {
  if (hiddenSize % heads !== 0) {
    throw new RetortError('BERT_GEOMETRY', `hiddenSize ${hiddenSize} is not divisible by ${heads} heads.`);
  }
  return hiddenSize / heads;
}
