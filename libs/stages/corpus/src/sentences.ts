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
 * its closing quotes and brackets, which needs no space after it.
 */
const BOUNDARY =
  /([.!?…]+)(["'”’»)\]]*)\s+(?=["'“‘«([_]*[\p{Lu}\p{Lt}\p{Lo}\p{N}])|([。！？｡]+)([”’」』）】》〉"']*)\s*(?=\S)/gu;

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
    if (match[1] === '.' && isAbbreviated(text.slice(start, match.index), text.slice(end, end + 1))) continue;
    sentences.push(text.slice(start, end).trim());
    start = end;
  }
  if (start < text.length) sentences.push(text.slice(start));
  return sentences;
}

/** "… said Mr", "… see p" before a number, and "… J", an initial. */
function isAbbreviated(before: string, next: string): boolean {
  const word = /[\p{L}.]+$/u.exec(before)?.[0] ?? '';
  const known =
    ABBREVIATIONS.has(word.toLowerCase()) || (BEFORE_NUMBERS.has(word.toLowerCase()) && /\p{N}/u.test(next));
  return known || (/^(\p{Lu}\.)*\p{Lu}$/u.test(word) && word !== 'I');
}
