import schema from '../pipeline.schema.json' with { type: 'json' };
import type { Schema } from './schema.ts';

/** The schema of a pipeline file without the settings of its stages. */
export const envelopeSchema = schema as unknown as Schema;
