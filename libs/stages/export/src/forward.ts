import type { ForwardProgram } from '@retort/engine';
import { exportForward, type OnnxGraph } from '@retort/engine/export';
import { classify, encode, type LoadedModel, parametersOf, tokenAxes } from '@retort/families';
import type { Tensor } from '@tensorflow/tfjs-core';

/** What others call the inputs. */
export const INPUT_NAMES = {
  tokenIds: 'input_ids',
  keyMask: 'attention_mask',
  segmentIds: 'token_type_ids',
} as const;

/** `logits` where the model has a classifier, else its `last_hidden_state`. */
export function outputName({ heads }: LoadedModel): 'logits' | 'last_hidden_state' {
  return heads.includes('classifier') ? 'logits' : 'last_hidden_state';
}

/** What a shipped model computes. */
export function shippedProgram(model: LoadedModel): ForwardProgram {
  const { config } = model;
  return (parameters, inputs) => {
    const { tokenIds, segmentIds, keyMask } = inputs as Record<keyof typeof INPUT_NAMES, Tensor>;
    const { hiddenStates } = encode({ config, parameters }, { tokenIds, segmentIds, keyMask });
    const last = hiddenStates.at(-1) as Tensor;
    const name = outputName(model);
    return { [name]: name === 'logits' ? classify({ config, parameters }, last) : last };
  };
}

/** The same as one graph, for any batch and any length that the model has positions for. */
export function shippedGraph(model: LoadedModel): Promise<OnnxGraph> {
  return exportForward({
    program: shippedProgram(model),
    parameters: parametersOf(model.values),
    freeAxes: tokenAxes(model.config),
    names: INPUT_NAMES,
  });
}
