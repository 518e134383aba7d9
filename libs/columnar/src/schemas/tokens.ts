import { Field, Float32, Int32, Schema } from 'apache-arrow';
import { listOf } from '../columns.ts';
import { describedField, typedSchema } from './typed-schema.ts';

/** What a `tokens.arrow` says about itself. */
export interface TokensMetadata {
  /** Identity of the vocabulary and its normalisation: `Tokenizer.digest`. */
  readonly tokenizerDigest: string;
  readonly vocabularySize: number;
  /** Longest row that can occur, special tokens included. */
  readonly maxSequenceLength: number;
  readonly padId: number;
  readonly unkId: number;
  readonly clsId: number;
  readonly sepId: number;
  readonly maskId: number;
  /** Names of the classes in label order; an empty list for regression; missing where rows have no label. */
  readonly labels?: readonly string[];
}

/** The columns of `tokens.arrow`. Labels are int32 class indices, or float32 when `metadata.labels` is empty. */
export function tokensSchema(metadata: TokensMetadata): Schema {
  const fields: Field[] = [
    describedField('tokenIds', listOf(new Int32()), 'Token ids with [CLS] and [SEP], without padding: int32 [length]'),
    describedField(
      'firstSegmentLength',
      new Int32(),
      'Tokens of segment 0, which come first; the others are of segment 1',
    ),
  ];
  if (metadata.labels !== undefined) {
    const type = metadata.labels.length === 0 ? new Float32() : new Int32();
    fields.push(describedField('label', type, 'Index into `labels` of the metadata, or the value to predict'));
  }
  return typedSchema('tokens', fields, metadata);
}
