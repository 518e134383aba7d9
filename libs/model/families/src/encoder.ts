import type { NamedTensors, ProgramContext } from '@retort/engine';
import {
  add,
  gather,
  matMul,
  mul,
  reshape,
  slice,
  softmax,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  transpose,
} from '@tensorflow/tfjs-core';
import { type BertConfig, headSize } from './config.ts';
import { headFeatures, headHasDropout } from './heads/features.ts';
import { DEFAULT_HEAD_KIND } from './heads/head-kind.ts';
import { gelu, layerNorm, linear, maskBias, toRows } from './operations.ts';

// B batch, S sequence, H hidden size, E embedding size, A heads, D head size, N = B x S rows, C classes, P masked positions, V vocabulary.

export interface EncoderInputs {
  /** int32 [B, S] */
  readonly tokenIds: Tensor;
  /** int32 [B, S] */
  readonly segmentIds: Tensor;
  /** int32 or bool [B, S], 1 = real token, 0 = padding */
  readonly keyMask: Tensor;
}

export interface EncoderOutputs {
  /** float32 [B, S, H] each; 0 is the embedding output, m the output of layer m */
  readonly hiddenStates: readonly Tensor3D[];
  /** float32 [B, A, S, S] each, QKᵀ/√D before softmax and mask; index 0 belongs to layer 1 */
  readonly attentionScores: readonly Tensor4D[];
  /** float32 [B, A, S, D] each, Q/√D; index 0 belongs to layer 1 */
  readonly queries: readonly Tensor4D[];
  /** float32 [B, A, S, D] each, as `queries` */
  readonly keys: readonly Tensor4D[];
  readonly values: readonly Tensor4D[];
}

export interface DropoutRates {
  readonly hidden: number;
  readonly attention: number;
}

interface Model {
  readonly config: BertConfig;
  readonly parameters: NamedTensors;
  /** Missing: no dropout. */
  readonly dropout?: { readonly rates: DropoutRates; readonly context: ProgramContext };
}

/** The whole encoder. @see BERT, arXiv:1810.04805; post-layer-norm as in google-research/bert modeling.py */
export function encode(model: Model, inputs: EncoderInputs): EncoderOutputs {
  return encodeLayers(model, embed(model, inputs), inputs.keyMask);
}

/** Sum of word, position and segment embeddings, normalized, in the width of the layers. @returns float32 [B, S, H] */
export function embed(model: Model, { tokenIds, segmentIds }: EncoderInputs): Tensor {
  const { config, parameters } = model;
  const { hiddenSize, embeddingSize = hiddenSize } = config;
  const [batch, length] = tokenIds.shape as [number, number];
  const position = slice(get(parameters, 'embeddings.position'), [0, 0], [length, embeddingSize]); // [S, E]
  const words = gather(get(parameters, 'embeddings.word'), tokenIds as Tensor2D); // [B, S, E]
  const segments = gather(get(parameters, 'embeddings.segment'), segmentIds as Tensor2D); // [B, S, E]
  const rows = toRows(add(add(words, segments), position)); // [N, E]
  const normalized = dropHidden(model, norm(model, rows, 'embeddings.norm'));
  const wide = embeddingSize === hiddenSize ? normalized : dense(model, normalized, 'embeddings.projection'); // [N, H]
  return reshape(wide, [batch, length, hiddenSize]);
}

/** The Transformer layers over an embedding output [B, S, H]. */
export function encodeLayers(model: Model, embeddingOutput: Tensor, keyMask: Tensor): EncoderOutputs {
  const { config } = model;
  const shape = embeddingOutput.shape as [number, number, number];
  const bias = maskBias(keyMask); // [B, 1, 1, S]
  const hiddenStates = [embeddingOutput as Tensor3D];
  const attentions: Attention[] = [];
  let rows = toRows(embeddingOutput); // [N, H]
  for (let i = 0; i < config.layers; i++) {
    const attention = attend(model, rows, { layer: i, bias, shape });
    attentions.push(attention);
    const attended = norm(model, add(attention.output, rows) as Tensor2D, `layers.${i}.attention.norm`); // [N, H]
    const wide = gelu(dense(model, attended, `layers.${i}.intermediate`)); // [N, I]
    const narrow = dropHidden(model, dense(model, wide, `layers.${i}.output`)); // [N, H]
    rows = norm(model, add(narrow, attended) as Tensor2D, `layers.${i}.norm`);
    hiddenStates.push(reshape(rows, shape));
  }
  return {
    hiddenStates,
    attentionScores: attentions.map(({ scores }) => scores),
    queries: attentions.map(({ query }) => query),
    keys: attentions.map(({ key }) => key),
    values: attentions.map(({ value }) => value),
  };
}

type Attention = ReturnType<typeof attend>;

function attend(
  model: Model,
  rows: Tensor2D,
  { layer, bias, shape }: { layer: number; bias: Tensor; shape: [number, number, number] },
) {
  const { config, dropout } = model;
  const [batch, length] = shape;
  const size = headSize(config);
  const name = `layers.${layer}.attention`;
  const split = (x: Tensor): Tensor4D => transpose(reshape(x, [batch, length, config.heads, size]), [0, 2, 1, 3]); // [B, A, S, D]
  const query = split(mul(dense(model, rows, `${name}.query`), 1 / Math.sqrt(size)));
  const key = split(dense(model, rows, `${name}.key`));
  const value = split(dense(model, rows, `${name}.value`));
  const scores = matMul(query, key, false, true); // [B, A, S, S]
  const probabilities = softmax(add(scores, bias));
  const dropped = dropout ? dropout.context.dropout(probabilities, dropout.rates.attention) : probabilities;
  const context = transpose(matMul(dropped, value), [0, 2, 1, 3]); // [B, S, A, D]
  const merged = reshape(context, [batch * length, config.hiddenSize]) as Tensor2D; // [N, H]
  return {
    scores: scores as Tensor4D,
    query,
    key,
    value,
    output: dropHidden(model, dense(model, merged, `${name}.output`)),
  };
}

/** The classification head over the first token, of the kind that the model's config names. @returns float32 [B, C] */
export function classify(model: Model, lastHiddenState: Tensor): Tensor2D {
  const [batch, , hidden] = lastHiddenState.shape as [number, number, number];
  const first = reshape(slice(lastHiddenState, [0, 0, 0], [batch, 1, hidden]), [batch, hidden]) as Tensor2D; // [B, H]
  const kind = model.config.headKind ?? DEFAULT_HEAD_KIND;
  const features = headFeatures(kind, dense(model, first, 'pooler'));
  return dense(model, headHasDropout(kind) ? dropHidden(model, features) : features, 'classifier');
}

/**
 * What words are predicted from at chosen positions; a word's score is its product with the word's embedding, plus the
 * word's bias.
 *
 * @param positions int32 [P], positions in the flattened batch (row x S + column)
 * @returns float32 [P, E]
 */
export function wordFeatures(model: Model, lastHiddenState: Tensor, positions: Tensor): Tensor2D {
  const chosen = gather(toRows(lastHiddenState), positions as never) as Tensor2D; // [P, H]
  return norm(model, gelu(dense(model, chosen, 'maskedLanguageModel.transform')), 'maskedLanguageModel.norm');
}

/**
 * Unnormalised scores of all words: the products with the words' embeddings, plus the words' biases.
 *
 * @param features float32 [P, E], from `wordFeatures`
 * @returns float32 [P, V]
 */
export function wordScores({ parameters }: Model, features: Tensor2D): Tensor2D {
  return linear(features, get(parameters, 'embeddings.word'), get(parameters, 'maskedLanguageModel.bias'));
}

function dense({ parameters }: Model, x: Tensor2D, name: string): Tensor2D {
  return linear(x, get(parameters, `${name}.weight`), get(parameters, `${name}.bias`));
}

function norm({ parameters, config }: Model, x: Tensor2D, name: string): Tensor2D {
  return layerNorm({
    x,
    scale: get(parameters, `${name}.scale`),
    shift: get(parameters, `${name}.bias`),
    epsilon: config.layerNormEpsilon,
  });
}

function dropHidden({ dropout }: Model, x: Tensor2D): Tensor2D {
  return dropout ? dropout.context.dropout(x, dropout.rates.hidden) : x;
}

function get(parameters: NamedTensors, name: string): Tensor {
  const parameter = parameters[name];
  if (parameter === undefined) throw new Error(`the model has no parameter ${name}`);
  return parameter;
}
