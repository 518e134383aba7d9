import { Int32, type Schema, Utf8 } from 'apache-arrow';
import { describedField, typedSchema } from './typed-schema.ts';

/** The columns of `text.arrow`. Rows of one document follow each other; a document is in one split. */
export function textSchema(): Schema {
  return typedSchema(
    'text',
    [
      describedField('document', new Int32(), 'Number of the document, from 0, ascending'),
      describedField('sentence', new Utf8(), 'One sentence, without line breaks, never empty'),
      describedField('split', new Utf8(), 'train or validation'),
    ],
    {},
  );
}
