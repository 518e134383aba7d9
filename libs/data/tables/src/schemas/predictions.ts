import type { Task } from '@retort/foundation/task';
import { Float32, Int32, type Schema, Utf8 } from 'apache-arrow';
import { listOf } from '../columns.ts';
import { type GlueOrigin, LABEL_DESCRIPTION, labelType, withStoredTask } from './task-labels.ts';
import { describedField, describedNullableField, typedSchema } from './typed-schema.ts';

/** What a `predictions.arrow` says about itself. */
export interface PredictionsMetadata {
  readonly task: Task;
  /** Of the tokens that were answered. */
  readonly split?: 'train' | 'selection' | 'validation' | 'test';
  readonly glue?: GlueOrigin;
}

/** The columns of `predictions.arrow`: the rows of one model follow each other. */
export function predictionsSchema(metadata: PredictionsMetadata): Schema {
  const { task } = metadata;
  return typedSchema(
    'predictions',
    [
      describedField('model', new Utf8(), 'Which model answers: teacher, student, baseline or bagOfWords'),
      describedField('row', new Int32(), 'Row of the tokens, from 0'),
      describedNullableField('label', labelType(task), `Gold: ${LABEL_DESCRIPTION}; null when unlabelled`),
      describedField('predicted', labelType(task), `Answer: ${LABEL_DESCRIPTION}`),
      describedField('logits', listOf(new Float32()), 'Unnormalised scores, by label'),
      ...(task.kind === 'regression'
        ? []
        : [
            describedField(
              'probabilities',
              listOf(new Float32()),
              'Softmax of the logits, or for `multiLabel` the sigmoid',
            ),
          ]),
    ],
    withStoredTask(metadata),
  );
}
