import { describe, expect, it } from 'vitest';
import { findWords } from './words.ts';

const wordsOf = (text: string) => findWords(text, (word) => word === 'the').map(({ text: word }) => word);

describe('findWords', () => {
  it('finds runs of letters, and Chinese characters one by one', () => {
    expect(wordsOf("The cat's naïve 2nd 中文x, e\u0301t\u0301e")).toEqual([
      'cat',
      's',
      'naïve',
      '中',
      '文',
      'x',
      'e\u0301t\u0301e',
    ]);
  });

  it('takes no part of a word that is longer than any word', () => {
    expect(wordsOf(`a ${'b'.repeat(199)} ${'c'.repeat(200)} ${'d'.repeat(1234)} e`)).toEqual([
      'a',
      'b'.repeat(199),
      'e',
    ]);
  });

  it.each(['a', '1a', 'e\u0301', '\u{10400}'])('reads a text of millions of %j', (piece) => {
    expect(wordsOf(`${piece.repeat(10_000_000 / piece.length)} end`)).toEqual(['end']);
  });
});
