import { Float32, Int32, type Schema, Utf8 } from 'apache-arrow';
import { describedField, describedNullableField, typedSchema } from './typed-schema.ts';

/** What an `examples.arrow` says about itself. */
export interface ExamplesMetadata {
  readonly task: string;
  /** Names of the classes in label order; an empty list for regression. */
  readonly labels: readonly string[];
}

/** The columns of `examples.arrow`. Labels are int32 class indices, or float32 when `metadata.labels` is empty. */
export function examplesSchema(metadata: ExamplesMetadata): Schema {
  const labelType = metadata.labels.length === 0 ? new Float32() : new Int32();
  return typedSchema(
    'examples',
    [
      describedField('textA', new Utf8(), 'The sentence, or the first of a pair'),
      describedNullableField('textB', new Utf8(), 'The second sentence of a pair; null for single sentences'),
      describedNullableField(
        'label',
        labelType,
        'Index into `labels` of the metadata, or the value to predict; null when unlabelled',
      ),
      describedField('split', new Utf8(), 'train, validation or test'),
    ],
    metadata,
  );
}
