import { InvalidInputError } from '@retort/foundation/diagnostics';
import { Tokenizer as NativeTokenizer } from 'tokenizers';
import { type EncodedRows, encodeRows, type TextOrPair } from './encode-rows.ts';
import type { Frame } from './frame.ts';
import { formatTokenizerFile } from './tokenizer-json.ts';
import { frameOf, type SpecialIds, specialIds, type Vocabulary, vocabularyDigest } from './vocabulary.ts';
import { WordIds } from './word-ids.ts';

export interface Tokenizer extends SpecialIds {
  readonly vocabulary: Vocabulary;
  readonly vocabularySize: number;
  /** Identity: equal for two tokenizers exactly when every text gets the same ids. */
  readonly digest: string;
  /** The special tokens around texts. */
  readonly frame: Frame;
  /** Ids of each text, without special tokens and without truncation. */
  readonly encodeWords: (texts: readonly string[]) => Promise<number[][]>;
  /**
   * Rows as the model wants them: `[CLS] A [SEP]` or `[CLS] A [SEP] B [SEP]`, never padded, cut to `maxSequenceLength` by
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
  const frame = frameOf(vocabulary);
  const native = openNative(vocabulary, file);
  const wordIds = new WordIds(native);
  const encodeWords = async (texts: readonly string[]) => {
    if (!('json' in vocabulary)) return wordIds.encode(texts);
    const encodings = await native.encodeBatch([...texts], { addSpecialTokens: false });
    return encodings.map((encoding) => (encoding as { getIds: () => number[] }).getIds());
  };
  return {
    ...special,
    vocabulary,
    vocabularySize: vocabulary.tokens.length,
    digest: vocabularyDigest(vocabulary),
    encodeWords,
    frame,
    encodeBatch: (texts, { maxSequenceLength }) =>
      encodeRows({ texts, maxSequenceLength, special, frame, encodeWords }),
    decode: (ids) => native.decode([...ids], true),
  };
}

/** @throws InvalidInputError TOKENIZER_UNREADABLE where the library finds a fault that no check of ours has found */
function openNative(vocabulary: Vocabulary, file: string): NativeTokenizer {
  try {
    return NativeTokenizer.fromString(formatTokenizerFile(vocabulary));
  } catch (cause) {
    const message = `The tokenizer is damaged: ${(cause as Error).message}. Download or copy its tokenizer.json again.`;
    throw new InvalidInputError([{ code: 'TOKENIZER_UNREADABLE', message, location: { file } }]);
  }
}
