import { InvalidInputError } from '@retort/foundation/diagnostics';
import { type Digest, digestJson } from '@retort/foundation/digest';
import { BERT_FRAME, type Frame } from './frame.ts';

/** How text is cleaned before it is split, as in BERT. */
export interface NormalizerSettings {
  readonly lowercase: boolean;
  /** Follows `lowercase` when missing. */
  readonly stripAccents?: boolean;
  readonly cleanText: boolean;
  readonly handleChineseChars: boolean;
}

/** A token that is looked for in a text before the text is split into words. */
export interface AddedToken {
  readonly content: string;
  /** Not as a part of a word. */
  readonly singleWord: boolean;
  /** Both are normalized before; otherwise it is found only as it is written. */
  readonly normalized: boolean;
  /** Left out when ids become text. */
  readonly special: boolean;
}

/** Everything that decides the ids of a text. */
export type Vocabulary = WordPieceVocabulary | FileVocabulary;

/** A tokenizer of another kind than BERT's, such as byte-level BPE: it is what its `tokenizer.json` says. */
export interface FileVocabulary {
  /** In id order. */
  readonly tokens: readonly string[];
  /** Without truncation and padding, which nobody uses. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly special: SpecialTokens;
  readonly frame: Frame;
}

/** BERT's tokenizer, which every vocabulary that Retort trains is for. */
export interface WordPieceVocabulary {
  /** In id order. */
  readonly tokens: readonly string[];
  readonly normalizer: NormalizerSettings;
  /** Longer words become [UNK]. */
  readonly maxCharactersPerWord: number;
  /** In id order, beyond the five that every BERT has; missing when there are none. */
  readonly added?: readonly AddedToken[];
  /** Tokens that words are made of, the first ones; missing when all are. The others are added ones. */
  readonly pieceCount?: number;
}

/** Tokens that a vocabulary must have, by the part that they play. */
export type SpecialTokens = Readonly<Record<'pad' | 'unk' | 'cls' | 'sep' | 'mask', string>>;

/** Their ids. */
export interface SpecialIds {
  readonly padId: number;
  readonly unkId: number;
  readonly clsId: number;
  readonly sepId: number;
  readonly maskId: number;
}

export const SPECIAL_TOKENS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] as const;

const BERT_SPECIALS: SpecialTokens = { pad: '[PAD]', unk: '[UNK]', cls: '[CLS]', sep: '[SEP]', mask: '[MASK]' };

export function specialTokens(vocabulary: Vocabulary): SpecialTokens {
  return 'json' in vocabulary ? vocabulary.special : BERT_SPECIALS;
}

/** The special tokens around texts. */
export function frameOf(vocabulary: Vocabulary): Frame {
  return 'json' in vocabulary ? vocabulary.frame : BERT_FRAME;
}

export function isSpecialToken(token: string): boolean {
  return (SPECIAL_TOKENS as readonly string[]).includes(token);
}

export const DEFAULT_NORMALIZER: NormalizerSettings = { lowercase: true, cleanText: true, handleChineseChars: true };
export const DEFAULT_MAX_CHARACTERS_PER_WORD = 100;

/** Identity of a tokenizer: equal exactly when every text gets the same ids. */
export function vocabularyDigest(vocabulary: Vocabulary): Digest {
  if ('json' in vocabulary) return digestJson({ json: vocabulary.json, special: vocabulary.special });
  const { lowercase, stripAccents = lowercase } = vocabulary.normalizer;
  return digestJson({ ...vocabulary, normalizer: { ...vocabulary.normalizer, stripAccents } });
}

/** What plans compare: the same for two files exactly when every text gets the same ids from both. */
export function vocabularyFacts(vocabulary: Vocabulary): {
  tokenizer: string;
  vocabularySize: number;
  tokenizerKind?: string;
  pairsInOneSegment?: true;
} {
  return {
    ...('json' in vocabulary && { tokenizerKind: (vocabulary.json['model'] as { type: string }).type }),
    ...(frameOf(vocabulary).segments === 1 && { pairsInOneSegment: true }),
    tokenizer: `vocabulary ${vocabularyDigest(vocabulary).slice(0, 12)}`,
    vocabularySize: vocabulary.tokens.length,
  };
}

/** @throws InvalidInputError TOKENIZER_INCOMPLETE for each of the five that is missing */
export function specialIds(vocabulary: Vocabulary, file: string): SpecialIds {
  const { pad, unk, cls, sep, mask } = specialTokens(vocabulary);
  const wanted = [pad, unk, cls, sep, mask];
  const ids = wanted.map((token) => vocabulary.tokens.indexOf(token));
  const missing = wanted.filter((_, i) => ids[i] === -1);
  if (missing.length > 0) {
    const needs = 'json' in vocabulary ? 'This tokenizer' : 'A BERT vocabulary';
    const message = `The vocabulary has ${vocabulary.tokens.length} tokens, but lacks ${missing.join(', ')}. ${needs} needs ${wanted.join(', ')}.`;
    throw new InvalidInputError([{ code: 'TOKENIZER_INCOMPLETE', message, location: { file } }]);
  }
  const [padId, unkId, clsId, sepId, maskId] = ids as [number, number, number, number, number];
  return { padId, unkId, clsId, sepId, maskId };
}
