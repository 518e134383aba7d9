import { describe, expect, it } from 'vitest';
import { nearDuplicates, shinglesOf } from '../src/near-duplicates.ts';

const WORDS = Array.from({ length: 5000 }, (_, i) => `w${i}`);

/** A text of 400 words, and the same with every `every`-th word replaced. */
function pair(seed: number, every: number): readonly [string, string] {
  const words = Array.from({ length: 400 }, (_, i) => WORDS[(seed * 977 + i * 37) % WORDS.length] as string);
  return [words.join(' '), words.map((word, i) => (i % every === 0 ? `other${seed}x${i}` : word)).join(' ')];
}

function jaccard(a: string, b: string, shingleWords: number): number {
  const [first, second] = [shinglesOf(a, shingleWords), shinglesOf(b, shingleWords)];
  const both = [...first].filter((shingle) => second.has(shingle)).length;
  return both / (first.size + second.size - both);
}

describe('near-duplicates', () => {
  it.each([8, 16, 32, 64])('estimate the Jaccard similarity, where every %i-th word differs', (every) => {
    const seeds = Array.from({ length: 20 }, (_, seed) => seed);
    const errors = seeds.map((seed) => {
      const [text, similar] = pair(seed, every);
      const duplicates = nearDuplicates({ similarity: 0, shingleWords: 2 });
      duplicates.find(text);
      return (duplicates.find(similar)?.similarity ?? Number.NaN) - jaccard(text, similar, 2);
    });
    // Five standard deviations of one estimate, and of their mean.
    for (const error of errors) expect(Math.abs(error)).toBeLessThan(5 * 0.045);
    expect(Math.abs(errors.reduce((sum, error) => sum + error, 0) / 20)).toBeLessThan(5 * 0.01);
  });

  it('are found among thousands of other texts, and the others are not taken for any', () => {
    const duplicates = nearDuplicates({ similarity: 0.8, shingleWords: 3 });
    const texts = Array.from({ length: 2000 }, (_, i) => `${i} ${WORDS.slice(i, i + 30).join(` ${i} `)}`);
    expect(texts.filter((text) => duplicates.find(text) !== undefined)).toEqual([]);
    expect(texts.map((text) => duplicates.find(`${text}.`)?.place)).toEqual(texts.map((_, i) => i));
  });

  it('differ neither in letter case nor in punctuation, but in the order of words', () => {
    const duplicates = nearDuplicates({ similarity: 1, shingleWords: 3 });
    const places = ['The dog bit the man.', 'the dog – bit the man', 'The man bit the dog.', '?', '!', '?'];
    expect(places.map((text) => duplicates.find(text)?.place)).toEqual([
      undefined,
      0,
      undefined,
      undefined,
      undefined,
      2,
    ]);
  });
});
