import { describe, expect, it } from 'vitest';
import { splitSentences } from './sentences.ts';

describe('splitSentences', () => {
  it.each([
    ['One. Two! Three? Four…', ['One.', 'Two!', 'Three?', 'Four…']],
    ['He said "Go." Then he went.', ['He said "Go."', 'Then he went.']],
    ['I met Mr. Smith and J. R. Brown. They left.', ['I met Mr. Smith and J. R. Brown.', 'They left.']],
    ['It was I. You know it.', ['It was I.', 'You know it.']],
    ['Pi is 3.14 and e.g. nothing. 42 is not.', ['Pi is 3.14 and e.g. nothing.', '42 is not.']],
    ['  white   space\tgoes . Next ', ['white space goes .', 'Next']],
    ['生活。真谛。', ['生活。', '真谛。']],
    ['no stop at all', ['no stop at all']],
    ['   ', []],
  ])('%j', (paragraph, sentences) => {
    expect(splitSentences(paragraph)).toEqual(sentences);
  });

  it('keeps every character but white space', () => {
    const text = 'A. B? "C!" (D.) E: f. g; H... I'.repeat(50);
    expect(splitSentences(text).join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
  });
});
