import type { ModelFamily } from '../family.ts';

/** Of the layers, which other families have taken over. */
export function layerNames(layers: string): Record<string, string> {
  return {
    'layers.#.attention.query': `${layers}.#.attention.self.query`,
    'layers.#.attention.key': `${layers}.#.attention.self.key`,
    'layers.#.attention.value': `${layers}.#.attention.self.value`,
    'layers.#.attention.output': `${layers}.#.attention.output.dense`,
    'layers.#.attention.norm': `${layers}.#.attention.output.LayerNorm`,
    'layers.#.intermediate': `${layers}.#.intermediate.dense`,
    'layers.#.output': `${layers}.#.output.dense`,
    'layers.#.norm': `${layers}.#.output.LayerNorm`,
  };
}

export function embeddingNames(embeddings: string): Record<string, string> {
  return {
    'embeddings.word': `${embeddings}.word_embeddings.weight`,
    'embeddings.position': `${embeddings}.position_embeddings.weight`,
    'embeddings.segment': `${embeddings}.token_type_embeddings.weight`,
    'embeddings.norm': `${embeddings}.LayerNorm`,
  };
}

/** @see arXiv:1810.04805 */
export const bert: ModelFamily = {
  name: 'bert',
  description: 'BERT, which every student is by default',
  className: 'Bert',
  otherClassNames: ['TinyBert'],
  prefix: 'bert.',
  names: {
    ...embeddingNames('bert.embeddings'),
    ...layerNames('bert.encoder.layer'),
    pooler: 'bert.pooler.dense',
    classifier: 'classifier',
    'maskedLanguageModel.transform': 'cls.predictions.transform.dense',
    'maskedLanguageModel.norm': 'cls.predictions.transform.LayerNorm',
    'maskedLanguageModel.bias': 'cls.predictions.bias',
  },
  wordDecoder: 'cls.predictions.decoder',
  extras: /(^|\.)position_ids$|^cls\.seq_relationship\.|^(bert\.pooler\.dense|classifier|qa_outputs)\.(weight|bias)$/,
  asBertConfig: (json) => json,
  fromBertConfig: (json) => json,
};
