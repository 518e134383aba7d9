/** Words before a full stop that does not end a sentence, without the stop, lower case. */
const ABBREVIATIONS = new Set(
  'mr mrs ms messrs mme mlle dr st prof rev hon capt col gen lieut lt sgt maj esq jr sr vol no nos chap pp fig ed etc viz vs cf e.g i.e'.split(
    ' ',
  ),
);

/** A stop with closing quotes and brackets, white space, and what begins a sentence. */
const BOUNDARY = /([.!?…]+)(["'”’»)\]]*)\s+(?=["'“‘«([_]*[\p{Lu}\p{Lt}\p{Lo}\p{N}])|([。！？])(?=\S)/gu;

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
    if (match[1] === '.' && isAbbreviated(text.slice(start, match.index))) continue;
    const end = match.index + match[0].length;
    sentences.push(text.slice(start, end).trim());
    start = end;
  }
  if (start < text.length) sentences.push(text.slice(start));
  return sentences;
}

/** "… said Mr" and "… J", an initial. */
function isAbbreviated(before: string): boolean {
  const word = /[\p{L}.]+$/u.exec(before)?.[0] ?? '';
  return ABBREVIATIONS.has(word.toLowerCase()) || (/^(\p{Lu}\.)*\p{Lu}$/u.test(word) && word !== 'I');
}
