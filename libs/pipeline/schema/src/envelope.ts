import schema from '../pipeline.schema.json' with { type: 'json' };
import type { Schema } from './schema.ts';

/** The schema of a pipeline file without the settings of its stages. */
export const envelopeSchema = schema as unknown as Schema;

/** The form of names of pipelines, variants and parameters; stages and plug-ins are named alike. */
export const KEBAB_CASE = new RegExp(schema.properties.name.pattern);
