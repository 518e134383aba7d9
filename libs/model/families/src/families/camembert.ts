import type { ModelFamily } from '../family.ts';
import { roberta } from './roberta.ts';

/** @see arXiv:1911.03894 */
export const camembert: ModelFamily = {
  ...roberta,
  name: 'camembert',
  description: 'CamemBERT: RoBERTa for French, with tokens from SentencePiece',
  className: 'Camembert',
};
