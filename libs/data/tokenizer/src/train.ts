import { countWords } from './count-words.ts';
import { learnMerges } from './learn-merges.ts';
import {
  DEFAULT_MAX_CHARACTERS_PER_WORD,
  DEFAULT_NORMALIZER,
  SPECIAL_TOKENS,
  type WordPieceVocabulary,
} from './vocabulary.ts';

export interface TrainingOptions {
  /** Tokens at most, the five special ones included. Fewer come out when the text does not give more. */
  readonly vocabularySize: number;
  /** A piece must occur this often to become a token. */
  readonly minimumFrequency: number;
  readonly lowercase: boolean;
  /** Distinct characters kept; rarer ones make their word [UNK]. */
  readonly alphabetSize?: number;
}

/**
 * Makes a WordPiece vocabulary from texts: the pair of pieces that occurs most often is joined, again and again.
 *
 * The same texts give the same vocabulary, in whatever order they come. HuggingFace's own trainer does not (its word map
 * is seeded at random), and its Node binding takes neither a size nor special tokens: hence this one, on its normaliser.
 *
 * @see Sennrich et al., arXiv:1508.07909, algorithm 1; tokens that continue a word begin with `##`, as in BERT
 */
export async function trainWordPiece(
  texts: Iterable<string> | AsyncIterable<string>,
  options: TrainingOptions,
): Promise<WordPieceVocabulary> {
  const normalizer = { ...DEFAULT_NORMALIZER, lowercase: options.lowercase };
  const words = await countWords(texts, normalizer);
  const pieces = learnMerges(words, {
    pieceCount: options.vocabularySize - SPECIAL_TOKENS.length,
    minimumFrequency: options.minimumFrequency,
    alphabetSize: options.alphabetSize ?? 1000,
  });
  return { tokens: [...SPECIAL_TOKENS, ...pieces], normalizer, maxCharactersPerWord: DEFAULT_MAX_CHARACTERS_PER_WORD };
}
