// Reads and writes a tokenizer's files without the native library that runs it.
export { type InspectedTokenizer, inspectTokenizer, loadVocabulary } from './load-vocabulary.ts';
export { saveTokenizer } from './save.ts';
export { specialIds, specialTokens, type Vocabulary, vocabularyDigest, vocabularyFacts } from './vocabulary.ts';
