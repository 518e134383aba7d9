import { LAYER_NORM_EPSILON } from '../config.ts';
import type { ModelFamily } from '../family.ts';
import { embeddingNames } from './bert.ts';

const { 'embeddings.segment': _none, ...EMBEDDINGS } = embeddingNames('distilbert.embeddings');
const LAYER = 'distilbert.transformer.layer.#';

/** @see arXiv:1910.01108 */
export const distilbert: ModelFamily = {
  name: 'distilbert',
  description: 'DistilBERT: BERT without segment embeddings and with a relu in its classification head',
  className: 'DistilBert',
  prefix: 'distilbert.',
  names: {
    ...EMBEDDINGS,
    'layers.#.attention.query': `${LAYER}.attention.q_lin`,
    'layers.#.attention.key': `${LAYER}.attention.k_lin`,
    'layers.#.attention.value': `${LAYER}.attention.v_lin`,
    'layers.#.attention.output': `${LAYER}.attention.out_lin`,
    'layers.#.attention.norm': `${LAYER}.sa_layer_norm`,
    'layers.#.intermediate': `${LAYER}.ffn.lin1`,
    'layers.#.output': `${LAYER}.ffn.lin2`,
    'layers.#.norm': `${LAYER}.output_layer_norm`,
    pooler: 'pre_classifier',
    classifier: 'classifier',
    'maskedLanguageModel.transform': 'vocab_transform',
    'maskedLanguageModel.norm': 'vocab_layer_norm',
    'maskedLanguageModel.bias': 'vocab_projector.bias',
  },
  wordDecoder: 'vocab_projector',
  extras: /(^|\.)position_ids$|^(pre_classifier|classifier|qa_outputs)\.(weight|bias)$/,
  headKind: 'distilbert',
  lacksSegments: true,
  isStoredAsBert: true,
  renamedMembers: {
    hidden_size: 'dim',
    num_hidden_layers: 'n_layers',
    num_attention_heads: 'n_heads',
    intermediate_size: 'hidden_dim',
    hidden_act: 'activation',
  },
  asBertConfig: (json) => ({
    ...json,
    hidden_size: json['dim'],
    num_hidden_layers: json['n_layers'],
    num_attention_heads: json['n_heads'],
    intermediate_size: json['hidden_dim'],
    hidden_act: json['activation'],
    type_vocab_size: 2,
    layer_norm_eps: LAYER_NORM_EPSILON,
  }),
  fromBertConfig: ({ type_vocab_size: _segments, layer_norm_eps: _epsilon, ...json }) => ({
    ...json,
    sinusoidal_pos_embds: false,
  }),
  problemOf: ({ layerNormEpsilon }) =>
    layerNormEpsilon === LAYER_NORM_EPSILON
      ? undefined
      : `its layer norms add ${layerNormEpsilon}, but DistilBERT's always add ${LAYER_NORM_EPSILON}`,
};
