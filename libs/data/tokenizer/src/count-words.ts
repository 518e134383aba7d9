import { bertNormalizer, bertPreTokenizer } from 'tokenizers';
import { DEFAULT_MAX_CHARACTERS_PER_WORD, type NormalizerSettings, SPECIAL_TOKENS } from './vocabulary.ts';

/** How often each word occurs, after BERT's cleaning and splitting; sorted by code unit, so that no order of texts shows. */
export async function countWords(
  texts: Iterable<string> | AsyncIterable<string>,
  settings: NormalizerSettings,
): Promise<[word: string, count: number][]> {
  const raw = new Map<string, number>();
  for await (const text of texts) {
    for (const word of text.split(/[ \t\n\r]+/)) raw.set(word, (raw.get(word) ?? 0) + 1);
  }
  const words = new Map<string, number>();
  const split = wordSplitter(settings);
  for (const [text, count] of raw) {
    if ((SPECIAL_TOKENS as readonly string[]).includes(text)) continue;
    for (const word of split(text)) words.set(word, (words.get(word) ?? 0) + count);
  }
  return [...words]
    .filter(([word]) => [...word].length <= DEFAULT_MAX_CHARACTERS_PER_WORD)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function wordSplitter(settings: NormalizerSettings): (text: string) => string[] {
  const normalizer = bertNormalizer(settings);
  const preTokenizer = bertPreTokenizer();
  return (text) => preTokenizer.preTokenizeString(normalizer.normalizeString(text)).map(([word]) => word);
}
