/** A word that may be replaced: letters only, `text.slice(start, end)`. */
export interface Word {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** As BERT splits before WordPiece: runs of letters and digits, and every Chinese character by itself. */
const RUN = /\p{Script=Han}|(?:(?!\p{Script=Han})[\p{L}\p{M}\p{N}])+/gu;
const LETTERS = /^[\p{L}\p{M}]+$/u;

/** Words of a text in order; numbers and words with digits are no words. */
export function findWords(text: string, isKept: (word: string) => boolean): Word[] {
  return Array.from(text.matchAll(RUN), (match) => ({
    start: match.index,
    end: match.index + match[0].length,
    text: match[0],
  })).filter((word) => LETTERS.test(word.text) && !isKept(word.text.toLowerCase()));
}
