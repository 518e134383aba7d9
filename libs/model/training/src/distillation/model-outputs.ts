import type { ModelOutputs } from '@retort/distillation/signals';
import type { NamedTensors, ProgramContext } from '@retort/engine';
import { type BertConfig, classify, type DropoutRates, encode } from '@retort/families';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';

/** What a model computes about one batch of tokens. The classification head is only run where its logits are read. */
export function modelOutputs(
  model: {
    readonly config: BertConfig;
    readonly parameters: NamedTensors;
    readonly dropout?: { readonly rates: DropoutRates; readonly context: ProgramContext };
  },
  inputs: NamedTensors,
): ModelOutputs & { readonly logits: Tensor2D } {
  const outputs = encode(model, {
    tokenIds: inputOf(inputs, 'tokenIds'),
    segmentIds: inputOf(inputs, 'segmentIds'),
    keyMask: inputOf(inputs, 'keyMask'),
  });
  let logits: Tensor2D | undefined;
  return {
    ...outputs,
    get logits() {
      logits ??= classify(model, outputs.hiddenStates.at(-1) as Tensor);
      return logits;
    },
  };
}

/** Tensors come by name; their ranks are what `padTokens` documents. */
export function inputOf<T extends Tensor>(inputs: NamedTensors, name: string): T {
  const tensor = inputs[name];
  if (tensor === undefined) throw new Error(`the program has no input ${name}`);
  return tensor as T;
}
