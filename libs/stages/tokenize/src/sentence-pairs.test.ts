import { RandomStream } from '@retort/foundation/random';
import { describe, expect, it } from 'vitest';
import { corruptOneToken, sentencePairs } from './sentence-pairs.ts';

/** A document of sentences of three tokens, all different: 10, 11, 12, then 13, 14, 15, and so on. */
const sentences = Array.from({ length: 60 }, (_, i) => [10 + 3 * i, 11 + 3 * i, 12 + 3 * i]);
const OTHER = 1000;
const options = { maxTokens: 21, shortFraction: 0, randomNext: 0.5 };

function pairsOf(seed: number, changed: object = {}, document: readonly (readonly number[])[] = sentences) {
  const elsewhere = (tokens: number) => Array.from({ length: Math.max(1, tokens) }, (_, i) => OTHER + i);
  const source = { sentences: document, random: new RandomStream(seed), elsewhere };
  return [...sentencePairs(source, { ...options, ...changed })];
}
const isElsewhere = ({ second }: { second: readonly number[] }) => (second[0] as number) >= OTHER;

describe('sentencePairs', () => {
  it('cut what follows in two at a sentence, and lose nothing', () => {
    const pairs = pairsOf(1, { randomNext: 0 });
    expect(pairs.flatMap(({ first, second }) => [...first, ...second])).toEqual(sentences.flat());
    for (const { first, second } of pairs) {
      expect(first.length % 3).toBe(0);
      expect(first.length).toBeGreaterThan(0);
      expect(first.length + second.length).toBeLessThanOrEqual(21);
    }
  });

  it('take half of the second texts from elsewhere, and what was not used again', () => {
    const pairs = Array.from({ length: 40 }, (_, seed) => pairsOf(seed)).flat();
    const share = pairs.filter(isElsewhere).length / pairs.length;
    // About 500 pairs: three standard errors are 0.07.
    expect(Math.abs(share - 0.5)).toBeLessThan(0.07);
    const own = pairsOf(3).flatMap((pair) => (isElsewhere(pair) ? pair.first : [...pair.first, ...pair.second]));
    expect(own).toEqual(sentences.flat());
  });

  it('fill up to the target from elsewhere', () => {
    for (const pair of pairsOf(5, { randomNext: 1 }).slice(0, -1))
      expect(pair.first.length + pair.second.length).toBe(21);
  });

  it('are shorter in documents that aim lower', () => {
    const longest = (seed: number) =>
      Math.max(
        ...pairsOf(seed, { shortFraction: 1, randomNext: 0 }).map(({ first, second }) => first.length + second.length),
      );
    expect(new Set(Array.from({ length: 20 }, (_, seed) => longest(seed))).size).toBeGreaterThan(3);
  });

  it('take from elsewhere after a single sentence, whatever the chance', () => {
    expect(pairsOf(1, { randomNext: 0 }, [[10, 11]]).map(isElsewhere)).toEqual([true]);
  });

  it('cut the longer text at both ends', () => {
    const long = Array.from({ length: 50 }, (_, i) => i);
    const [pair] = pairsOf(2, { maxTokens: 20 }, [long]);
    expect(pair?.first.length).toBeGreaterThan(10);
    expect(pair?.first[0]).toBeGreaterThan(0);
    expect(pair?.first.at(-1)).toBeLessThan(49);
  });
});

describe('corruptOneToken', () => {
  const pair = { first: [10, 11, 12], second: [13, 14] };

  it('masks in 80 of 100 rows, and puts another token in at most 10', () => {
    const random = new RandomStream(7);
    const rows = Array.from({ length: 4000 }, () => {
      const { first, second } = corruptOneToken(pair, { random, maskId: 4, vocabularySize: 1000 });
      return [...first, ...second];
    });
    const original = [...pair.first, ...pair.second];
    const changed = rows.map((row) => row.findIndex((id, i) => id !== original[i]));
    const masked = rows.filter((row) => row.includes(4)).length / rows.length;
    expect(Math.abs(masked - 0.8)).toBeLessThan(0.02);
    expect(Math.abs(changed.filter((at) => at === -1).length / rows.length - 0.1)).toBeLessThan(0.02);
    expect(new Set(changed)).toEqual(new Set([-1, 0, 1, 2, 3, 4]));
    for (const row of rows) expect(row.filter((id, i) => id !== original[i]).length).toBeLessThanOrEqual(1);
  });
});
