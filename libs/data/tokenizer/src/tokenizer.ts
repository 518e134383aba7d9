import { Tokenizer as NativeTokenizer } from 'tokenizers';
import { type EncodedRows, encodeRows, type TextOrPair } from './encode-rows.ts';
import { formatTokenizerJson } from './tokenizer-json.ts';
import { type SpecialIds, specialIds, type Vocabulary, vocabularyDigest } from './vocabulary.ts';
import { WordIds } from './word-ids.ts';

export interface Tokenizer extends SpecialIds {
  readonly vocabulary: Vocabulary;
  readonly vocabularySize: number;
  /** Identity: equal for two tokenizers exactly when every text gets the same ids. */
  readonly digest: string;
  /** Ids of each text, without special tokens and without truncation. */
  readonly encodeWords: (texts: readonly string[]) => Promise<number[][]>;
  /**
   * Rows as a BERT wants them: `[CLS] A [SEP]` or `[CLS] A [SEP] B [SEP]`, never padded, cut to `maxSequenceLength` by
   * taking tokens from the end of the longer text ("longest first"). Thousands of texts at once are fastest.
   *
   * @throws RangeError when `maxSequenceLength` does not even hold the special tokens
   */
  readonly encodeBatch: (
    texts: readonly TextOrPair[],
    options: { readonly maxSequenceLength: number },
  ) => Promise<EncodedRows>;
  /** Text of ids, special tokens left out; white space and case are lost. */
  readonly decode: (ids: readonly number[]) => Promise<string>;
}

/** @param file  where the vocabulary came from, for messages */
export function createTokenizer(vocabulary: Vocabulary, file: string): Tokenizer {
  const special = specialIds(vocabulary, file);
  const native = NativeTokenizer.fromString(formatTokenizerJson(vocabulary));
  const wordIds = new WordIds(native);
  const encodeWords = (texts: readonly string[]) => wordIds.encode(texts);
  return {
    ...special,
    vocabulary,
    vocabularySize: vocabulary.tokens.length,
    digest: vocabularyDigest(vocabulary),
    encodeWords,
    encodeBatch: (texts, { maxSequenceLength }) => encodeRows({ texts, maxSequenceLength, special, encodeWords }),
    decode: (ids) => native.decode([...ids], true),
  };
}
