import type { TrainingProgram } from '@retort/engine';
import { type BertConfig, type DropoutRates, encode, wordFeatures, wordScores } from '@retort/families';
import {
  add,
  customGrad,
  div,
  exp,
  type GradSaveFunc,
  gather,
  logSoftmax,
  maximum,
  mul,
  reshape,
  slice,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';

// P masked positions, H hidden size, V vocabulary.

/** Cross-entropy of the words at the masked positions, mean over them, in nats. @see BERT, arXiv:1810.04805, section 3.1 */
export function maskedLanguageModel(config: BertConfig, rates: DropoutRates): TrainingProgram {
  return (parameters, inputs, context) => {
    const { tokenIds, segmentIds, keyMask, positions, words, weights } = inputs as unknown as Inputs;
    const model = { config, parameters, dropout: { rates, context } };
    const { hiddenStates } = encode(model, { tokenIds, segmentIds, keyMask });
    const features = wordFeatures(model, hiddenStates.at(-1) as Tensor, positions); // [P, H]
    const table = parameters['embeddings.word'] as Tensor2D; // [V, H]
    const bias = parameters['maskedLanguageModel.bias'] as Tensor1D; // [V]
    // The right word's score is taken from its row of the table, so that no [P, V] table of targets is ever made.
    const score = add(sum(mul(features, gather(table, words)), -1), gather(bias, words)); // [P]
    const losses = sub(logSumExp(wordScores(model, features)), score); // [P]
    // A batch of nothing but special tokens has no word to predict; its loss is 0, not 0 / 0.
    return { loss: div(sum(mul(losses, weights)), maximum(sum(weights), 1)), terms: {} };
  };
}

/** float32 [P, V] -> [P]. One pass forward and two backward over a table that is as wide as the vocabulary. */
const logSumExp = customGrad((...args: (Tensor | GradSaveFunc)[]) => {
  const [scores, save] = args as [Tensor2D, GradSaveFunc];
  const logProbabilities = logSoftmax(scores);
  save([logProbabilities]);
  const first = (x: Tensor2D) => sum(slice(x, [0, 0], [x.shape[0], 1]), -1);
  return {
    value: sub(first(scores), first(logProbabilities)),
    gradFunc: (dy: Tensor, saved: Tensor[]) => mul(exp(saved[0] as Tensor), reshape(dy, [-1, 1])),
  };
});

interface Inputs {
  readonly tokenIds: Tensor;
  readonly segmentIds: Tensor;
  readonly keyMask: Tensor;
  /** int32 [P] in the flattened batch */
  readonly positions: Tensor1D;
  /** int32 [P] */
  readonly words: Tensor1D;
  /** float32 [P], 0 for filling */
  readonly weights: Tensor1D;
}
