import { type Schema, Utf8 } from 'apache-arrow';
import { type GlueOrigin, LABEL_DESCRIPTION, labelType, type TaskLabels } from './task-labels.ts';
import { describedField, describedNullableField, typedSchema } from './typed-schema.ts';

/** What an `examples.arrow` says about itself. */
export interface ExamplesMetadata extends TaskLabels {
  readonly task: string;
  readonly glue?: GlueOrigin;
  /** The test examples have no labels; without it they have. */
  readonly isTestUnlabelled?: true;
}

/** The columns of `examples.arrow`. */
export function examplesSchema(metadata: ExamplesMetadata): Schema {
  return typedSchema(
    'examples',
    [
      describedField('textA', new Utf8(), 'The sentence, or the first of a pair'),
      describedNullableField('textB', new Utf8(), 'The second sentence of a pair; null for single sentences'),
      describedNullableField('label', labelType(metadata), `${LABEL_DESCRIPTION}; null when unlabelled`),
      describedField('split', new Utf8(), 'train, validation or test'),
    ],
    metadata,
  );
}
