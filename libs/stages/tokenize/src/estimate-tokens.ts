import type { TokenizeConfig } from './config.generated.ts';

/** Tokens of a sentence with its special ones: between SST-2's 13 and the 30 of a book. */
const TOKENS_PER_SENTENCE = 24;

/** Rows and tokens to expect of so many sentences or examples, before any is read. */
export function estimateTokens(sentences: number, config: TokenizeConfig): { rows: number; tokens: number } {
  const { maxSequenceLength, packing, pairs, maxRows = Number.POSITIVE_INFINITY } = config;
  const isFull = packing !== 'sentences';
  const perRow = isFull ? maxSequenceLength : Math.min(TOKENS_PER_SENTENCE, maxSequenceLength);
  const once = isFull ? Math.ceil((sentences * TOKENS_PER_SENTENCE) / maxSequenceLength) : sentences;
  // A pair whose second text is from elsewhere uses up about half of its length.
  const all = packing === 'sentence-pairs' ? Math.ceil((once * pairs.copies) / (1 - pairs.randomNext / 2)) : once;
  const rows = Math.min(all, maxRows);
  return { rows, tokens: rows * perRow };
}
