import type { ModelFamily } from '../family.ts';
import { roberta } from './roberta.ts';

/** @see arXiv:1911.02116 */
export const xlmRoberta: ModelFamily = {
  ...roberta,
  name: 'xlm-roberta',
  description: 'XLM-R: RoBERTa for many languages, with tokens from SentencePiece',
  className: 'XLMRoberta',
};
