import type { Task } from '@retort/foundation/task';
import { type Field, Int32, type Schema } from 'apache-arrow';
import { listOf } from '../columns.ts';
import { type GlueOrigin, LABEL_DESCRIPTION, labelType, withStoredTask } from './task-labels.ts';
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
  /** Missing for text, which is of no task. */
  readonly task?: Task;
  /** The rows are of a task, but their labels are not known: there is no column for them. */
  readonly isUnlabelled?: true;
  /** Which examples of the task these are; missing for text. */
  readonly split?: 'train' | 'selection' | 'validation' | 'test';
  readonly glue?: GlueOrigin;
}

/** The columns of `tokens.arrow`. */
export function tokensSchema(metadata: TokensMetadata): Schema {
  const fields: Field[] = [
    describedField('tokenIds', listOf(new Int32()), 'Token ids with [CLS] and [SEP], without padding: int32 [length]'),
    describedField(
      'firstSegmentLength',
      new Int32(),
      'Tokens of segment 0, which come first; the others are of segment 1',
    ),
  ];
  const { task, isUnlabelled } = metadata;
  if (task && !isUnlabelled) fields.push(describedField('label', labelType(task), LABEL_DESCRIPTION));
  return typedSchema('tokens', fields, withStoredTask(metadata));
}
