import { canonicalJson } from '@retort/foundation/digest';
import { type DataType, Field, Schema } from 'apache-arrow';

/** The key of the schema's metadata under which our own is stored, as JSON with a `type` member. */
export const METADATA_KEY = 'retort';

/** A field that is never null, with its meaning, unit and shape in the field's metadata. */
export function describedField(name: string, type: DataType, description: string): Field {
  return new Field(name, type, false, new Map([['description', description]]));
}

export function describedNullableField(name: string, type: DataType, description: string): Field {
  return new Field(name, type, true, new Map([['description', description]]));
}

/** A schema that says which kind of table it is (`tokens`), so that no reader takes one for another. */
export function typedSchema(type: string, fields: Field[], metadata: object): Schema {
  return new Schema(fields, new Map([[METADATA_KEY, canonicalJson({ ...metadata, type })]]));
}
