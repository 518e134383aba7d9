/** Words before a full stop that does not end a sentence, without the stop, lower case. */
const ABBREVIATIONS = new Set(
  'mr mrs ms messrs mme mlle dr st prof rev hon capt col gen lieut lt sgt maj sen gov esq jr sr mt ed al inc ltd corp dept approx viz vs cf e.g i.e'.split(
    ' ',
  ),
);

/** Those that are words of their own as well: no sentence ends with them where a number follows. */
const BEFORE_NUMBERS = new Set('no nos vol vols chap p pp fig figs art sec'.split(' '));

/**
 * A stop with closing quotes and brackets, white space, and what begins a sentence; or a Chinese or Japanese stop with
 * its closing quotes and brackets, which needs no space after it. A line may have a million of each: a run is tried from
 * its start only, not again from each of its characters, and one of more than a thousand ends no sentence.
 */
const BOUNDARY =
  /(?<![.!?…])([.!?…]{1,1000})["'”’»)\]]{0,1000} (?=["'“‘«([_]{0,1000}[\p{Lu}\p{Lt}\p{Lo}\p{N}])|(?<![。！？｡])[。！？｡]{1,1000}[”’」』）】》〉"']{0,1000} ?(?=[^ 。！？｡”’」』）】》〉"'])/gu;

/**
 * Sentences of a paragraph, white space inside them made single spaces.
 *
 * By rule, since `Intl.Segmenter` follows the ICU data of each Node version and would not give the same bytes everywhere;
 * it also ends a sentence after "Mr.".
 */
export function splitSentences(paragraph: string): string[] {
  const text = paragraph.replace(/\s+/g, ' ').trim();
  const sentences: string[] = [];
  let start = 0;
  for (const match of text.matchAll(BOUNDARY)) {
    const end = match.index + match[0].length;
    const before = text.slice(Math.max(start, match.index - LONGEST_ABBREVIATION - 1), match.index);
    if (match[1] === '.' && isAbbreviated(before, text.slice(end, end + 1))) continue;
    sentences.push(text.slice(start, end).trim());
    start = end;
  }
  if (start < text.length) sentences.push(text.slice(start));
  return sentences;
}

/** In UTF-16 units, initials such as "J.R.R" among them; what is longer ends a sentence. */
const LONGEST_ABBREVIATION = 40;

/** "… said Mr", "… see p" before a number, and "… J", an initial. */
function isAbbreviated(before: string, next: string): boolean {
  const word = /[\p{L}.]+$/u.exec(before)?.[0] ?? '';
  if (word.length > LONGEST_ABBREVIATION) return false;
  const known =
    ABBREVIATIONS.has(word.toLowerCase()) || (BEFORE_NUMBERS.has(word.toLowerCase()) && /\p{N}/u.test(next));
  return known || (/^(\p{Lu}\.)*\p{Lu}$/u.test(word) && word !== 'I');
}
