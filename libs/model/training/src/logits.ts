import type { HostTensor, Parameter } from '@retort/engine';
import { type BertConfig, outputCount, tokenAxes } from '@retort/families';
import { modelOutputs } from './distillation/model-outputs.ts';
import { type Evaluation, evaluated } from './evaluation.ts';
import { padTokens } from './token-batch.ts';

/** Logits of a model with a classification head, float32 [rows, outputs] in the order of the rows. */
export async function logitsOf(
  { config, parameters }: { readonly config: BertConfig; readonly parameters: Iterable<Parameter> },
  { tokens, ...evaluation }: Pick<Evaluation, 'context' | 'tokens' | 'batchSize' | 'maxRows'>,
): Promise<Float32Array> {
  const width = outputCount(config);
  const values = new Float32Array(Math.min(tokens.rowCount, evaluation.maxRows ?? tokens.rowCount) * width);
  const batches = evaluated({
    ...evaluation,
    tokens,
    parameters,
    program: (weights, inputs) => ({ logits: modelOutputs({ config, parameters: weights }, inputs).logits }),
    freeAxes: tokenAxes(config),
    inputsOf: (batch) => padTokens(tokens, batch),
  });
  for await (const { batch, outputs } of batches) {
    const { data } = outputs['logits'] as HostTensor;
    for (const [i, row] of batch.rows.entries()) values.set(data.subarray(i * width, (i + 1) * width), row * width);
  }
  return values;
}
