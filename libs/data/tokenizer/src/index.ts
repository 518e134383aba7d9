export { loadTokenizer } from './load.ts';
export { saveTokenizer } from './save.ts';
export { createTokenizer, type Tokenizer } from './tokenizer.ts';
export { trainWordPiece, type TrainingOptions } from './train.ts';
export type { EncodedRows, TextOrPair } from './encode-rows.ts';
export {
  type NormalizerSettings,
  type SpecialIds,
  SPECIAL_TOKENS,
  type Vocabulary,
  vocabularyDigest,
} from './vocabulary.ts';
