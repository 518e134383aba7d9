import type { LossBlock } from '@retort/distillation/loss-block';
import schema from '@retort/distillation/loss-block.schema.json';
import { Ajv2020 } from 'ajv/dist/2020.js';

// Ajv fills in no defaults inside a union, which its strict mode refuses; pipelines are filled in by pipeline-schema.
const ajv = new Ajv2020({
  strict: true,
  strictSchema: false,
  strictRequired: true,
  allErrors: true,
  useDefaults: true,
  discriminator: true,
});
export const validateLossBlock = ajv.compile<LossBlock>(schema);

/** A loss block as it is after validation: what is missing has its default. */
export function lossBlock(given: object): LossBlock {
  const block: unknown = structuredClone(given);
  if (!validateLossBlock(block)) throw new Error(ajv.errorsText(validateLossBlock.errors));
  return block;
}
