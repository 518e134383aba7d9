import { type LossBlock, lossBlockSchema } from '@retort/distillation/loss-block';
import {
  type Answer,
  Answers,
  attentionScores,
  hiddenStates,
  logits,
  type ModelOutputs,
} from '@retort/distillation/signals';
import type * as tf from '@tensorflow/tfjs-core';
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
const schema = lossBlockSchema();
export const EXAMPLES = schema['examples'] as readonly object[];
export const validateLossBlock = ajv.compile<LossBlock>(schema);

/** A loss block as it is after validation: what is missing has its default. */
export function lossBlock(given: object): LossBlock {
  const block: unknown = structuredClone(given);
  if (!validateLossBlock(block)) throw new Error(ajv.errorsText(validateLossBlock.errors));
  return block;
}

/** What a model computes, as far as a loss looks at it. */
export function outputsOf(given: Partial<ModelOutputs>): ModelOutputs {
  return { hiddenStates: [], attentionScores: [], queries: [], keys: [], values: [], ...given };
}

/** A teacher's answers, by layer where they have one. */
export function answersOf(given: {
  readonly logits?: tf.Tensor;
  readonly hiddenStates?: Readonly<Record<number, tf.Tensor>>;
  readonly attentionScores?: Readonly<Record<number, tf.Tensor>>;
}): Answers<tf.Tensor> {
  const layered = (signal: Answer['signal'], tensors: Readonly<Record<number, tf.Tensor>> = {}) =>
    Object.entries(tensors).map(([layer, tensor]) => [{ signal, layer: Number(layer) }, tensor] as const);
  return new Answers<tf.Tensor>([
    ...layered(hiddenStates, given.hiddenStates),
    ...layered(attentionScores, given.attentionScores),
    ...(given.logits ? [[{ signal: logits }, given.logits] as const] : []),
  ]);
}
