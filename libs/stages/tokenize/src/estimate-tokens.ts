import type { TokenizeConfig } from './config.generated.ts';

/** Tokens of a sentence with its special ones: between SST-2's 13 and the 30 of a book. */
const TOKENS_PER_SENTENCE = 24;

/** Rows and tokens to expect of so many sentences or examples, before any is read. */
export function estimateTokens(sentences: number, config: TokenizeConfig): { rows: number; tokens: number } {
  const { maxSequenceLength, packing, maxRows = Number.POSITIVE_INFINITY } = config;
  const perRow = packing === 'packed' ? maxSequenceLength : Math.min(TOKENS_PER_SENTENCE, maxSequenceLength);
  const all = packing === 'packed' ? Math.ceil((sentences * TOKENS_PER_SENTENCE) / maxSequenceLength) : sentences;
  const rows = Math.min(all, maxRows);
  return { rows, tokens: rows * perRow };
}
