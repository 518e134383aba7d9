/** A word that may be replaced: letters only, `text.slice(start, end)`. */
export interface Word {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** In UTF-16 units. What is longer is no word that a vocabulary has, and would fill the stack of the matcher. */
const LONGEST_WORD = 200;

/** As BERT splits before WordPiece: runs of letters and digits, a longer one in pieces, and every Chinese character by itself. */
const RUN = new RegExp(String.raw`\p{Script=Han}|(?:(?!\p{Script=Han})[\p{L}\p{M}\p{N}]){1,${LONGEST_WORD}}`, 'gu');
const LETTERS = /^[\p{L}\p{M}]+$/u;

/** Words of a text in order; numbers and words with digits are no words. */
export function findWords(text: string, isKept: (word: string) => boolean): Word[] {
  const words: Word[] = [];
  let cutAt = -1;
  for (const { 0: run, index: start } of text.matchAll(RUN)) {
    const end = start + run.length;
    const isPiece = start === cutAt || run.length >= LONGEST_WORD;
    if (isPiece) cutAt = end;
    else if (LETTERS.test(run) && !isKept(run.toLowerCase())) words.push({ start, end, text: run });
  }
  return words;
}
