import type { ModelFamily } from '../family.ts';
import { embeddingNames, layerNames } from './bert.ts';

/**
 * Embeddings may be narrower than the layers, and are then projected. There is no pooler: the head's own first map is in
 * its place, with gelu.
 *
 * @see arXiv:2003.10555
 */
export const electra: ModelFamily = {
  name: 'electra',
  description: 'ELECTRA: BERT with embeddings of another width and gelu in its classification head',
  className: 'Electra',
  prefix: 'electra.',
  names: {
    ...embeddingNames('electra.embeddings'),
    'embeddings.projection': 'electra.embeddings_project',
    ...layerNames('electra.encoder.layer'),
    classifier: 'classifier',
    'maskedLanguageModel.transform': 'generator_predictions.dense',
    'maskedLanguageModel.norm': 'generator_predictions.LayerNorm',
    'maskedLanguageModel.bias': 'generator_lm_head.bias',
  },
  classifierNames: { pooler: 'classifier.dense', classifier: 'classifier.out_proj' },
  wordDecoder: 'generator_lm_head',
  extras:
    /(^|\.)position_ids$|^discriminator_predictions\.|^(classifier|classifier\.dense|classifier\.out_proj|qa_outputs)\.(weight|bias)$/,
  headKind: 'electra',
  hasEmbeddingSize: true,
  asBertConfig: (json) => ({ ...json, embedding_size: json['embedding_size'] ?? 128 }),
  fromBertConfig: (json) => json,
};
