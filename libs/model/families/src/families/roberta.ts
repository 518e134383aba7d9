import type { ModelFamily } from '../family.ts';
import { embeddingNames, layerNames } from './bert.ts';

/**
 * Positions count from the padding token's id + 1, and a text's tokens come from byte-level BPE with `</s></s>` between
 * the texts of a pair, both in segment 0. Its head is BERT's: tanh, then the map to classes.
 *
 * @see arXiv:1907.11692
 */
export const roberta: ModelFamily = {
  name: 'roberta',
  description: 'RoBERTa: BERT with positions that start after the padding token, usually with one segment',
  className: 'Roberta',
  prefix: 'roberta.',
  names: {
    ...embeddingNames('roberta.embeddings'),
    ...layerNames('roberta.encoder.layer'),
    pooler: 'roberta.pooler.dense',
    classifier: 'classifier',
    'maskedLanguageModel.transform': 'lm_head.dense',
    'maskedLanguageModel.norm': 'lm_head.layer_norm',
    'maskedLanguageModel.bias': 'lm_head.bias',
  },
  classifierNames: { pooler: 'classifier.dense', classifier: 'classifier.out_proj' },
  wordDecoder: 'lm_head.decoder',
  extras:
    /(^|\.)position_ids$|^(roberta\.pooler\.dense|classifier|classifier\.dense|classifier\.out_proj|qa_outputs)\.(weight|bias)$/,
  countsFromPadding: true,
  asBertConfig: (json) => ({ ...json, pad_token_id: json['pad_token_id'] ?? 1 }),
  fromBertConfig: (json) => json,
};
