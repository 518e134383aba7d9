import { type BertConfig, type DropoutRates, encode, predictWords } from '@retort/bert';
import { hardLabelCrossEntropy } from '@retort/distillation';
import type { TrainingProgram } from '@retort/engine';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';

/** Cross-entropy of the words at the masked positions, mean over them, in nats. @see BERT, arXiv:1810.04805, section 3.1 */
export function maskedLanguageModel(config: BertConfig, rates: DropoutRates): TrainingProgram {
  return (parameters, inputs, context) => {
    const { tokenIds, segmentIds, keyMask, positions, words, weights } = inputs as unknown as Inputs;
    const model = { config, parameters, dropout: { rates, context } };
    const { hiddenStates } = encode(model, { tokenIds, segmentIds, keyMask });
    const logits = predictWords(model, hiddenStates.at(-1) as Tensor, positions);
    const loss = hardLabelCrossEntropy({ logits, labels: words, rowWeights: weights });
    return { loss, terms: {} };
  };
}

interface Inputs {
  readonly tokenIds: Tensor;
  readonly segmentIds: Tensor;
  readonly keyMask: Tensor;
  readonly positions: Tensor1D;
  readonly words: Tensor1D;
  readonly weights: Tensor1D;
}
