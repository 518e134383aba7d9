import { classify, encode, type LoadedModel, parametersOf } from '@retort/bert';
import type { ForwardProgram } from '@retort/engine';
import { exportForward, type OnnxGraph } from '@retort/engine/export';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Names that others expect, and the axes that may have any size. */
const INPUTS = {
  tokenIds: { name: 'input_ids', dimensions: ['batch', 'sequence'] },
  keyMask: { name: 'attention_mask', dimensions: ['batch', 'sequence'] },
  segmentIds: { name: 'token_type_ids', dimensions: ['batch', 'sequence'] },
} as const;

export const INPUT_NAMES = Object.fromEntries(
  Object.entries(INPUTS).map(([ours, { name }]) => [ours, name]),
) as Readonly<Record<keyof typeof INPUTS, string>>;

/** `logits` where the model has a classifier, else its `last_hidden_state`. */
export function outputName({ heads }: LoadedModel): 'logits' | 'last_hidden_state' {
  return heads.includes('classifier') ? 'logits' : 'last_hidden_state';
}

/** What a shipped model computes. */
export function shippedProgram(model: LoadedModel): ForwardProgram {
  const { config } = model;
  return (parameters, inputs) => {
    const { tokenIds, segmentIds, keyMask } = inputs as Record<keyof typeof INPUTS, Tensor>;
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
    inputs: INPUTS,
    probes: { batch: [2, 3], sequence: probeLengths(model.config.maxPositions) },
  });
}

/** A full table of positions would be read without being cut, so both lengths are shorter. */
function probeLengths(maxPositions: number): [number, number] {
  return maxPositions > 7 ? [5, 7] : [Math.max(1, maxPositions - 2), Math.max(1, maxPositions - 1)];
}
