import { RandomStream } from '@retort/foundation/random';
import { expect, test } from 'vitest';
import { drafts } from './drafts.ts';
import { findWords } from './words.ts';

const draftsOf = (text: string, table: Readonly<Record<string, string[]>>, more: object = {}) =>
  drafts(
    text,
    findWords(text, () => false).map((word) => ({ word, candidates: table[word.text.toLowerCase()] ?? [] })),
    { copies: 50, replaceProbability: 0.5, random: new RandomStream(7), ...more },
  );

test('every draft is new, and everything but the replaced words stays as it was', () => {
  const made = draftsOf('The  cat, (a cat!) sat.', { cat: ['dog', 'cow'], sat: ['lay'] });
  expect(new Set(made).size).toBe(made.length);
  expect(made).not.toContain('The  cat, (a cat!) sat.');
  for (const draft of made) expect(draft).toMatch(/^The {2}(cat|dog|cow), \(a (cat|dog|cow)!\) (sat|lay)\.$/);
  // 3 x 3 x 2 texts, one of which is the original.
  expect(made).toHaveLength(17);
});

test('no more drafts than copies, and none where nothing can be replaced', () => {
  expect(draftsOf('a cat', { cat: ['dog'] }, { copies: 1, replaceProbability: 1 })).toEqual(['a dog']);
  expect(draftsOf('a cat', {})).toEqual([]);
});

test('a lower-case candidate takes over the capital of its word', () => {
  expect(draftsOf('Cats purr', { cats: ['dogs'] }, { replaceProbability: 1 })).toEqual(['Dogs purr']);
});

test('words are letters only, Chinese ones a character each', () => {
  const words = (text: string) => findWords(text, (word) => word === 'the').map(({ text }) => text);
  expect(words("The don't 3rd café x2 naïve_one 电影好")).toEqual([
    'don',
    't',
    'café',
    'naïve',
    'one',
    '电',
    '影',
    '好',
  ]);
});
