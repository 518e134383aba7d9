export { type EncodedRows, specialCount, type TextOrPair } from './encode-rows.ts';
export type { Frame } from './frame.ts';
export { loadTokenizer } from './load.ts';
export { saveTokenizer } from './save.ts';
export { createTokenizer, type Tokenizer } from './tokenizer.ts';
export { type TrainingOptions, trainWordPiece } from './train.ts';
export {
  type NormalizerSettings,
  SPECIAL_TOKENS,
  type SpecialIds,
  type Vocabulary,
  vocabularyDigest,
  type WordPieceVocabulary,
} from './vocabulary.ts';
