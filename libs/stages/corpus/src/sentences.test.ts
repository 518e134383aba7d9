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
    ['See No. 5 and p. 7. Is it so? No. Then go.', ['See No. 5 and p. 7.', 'Is it so?', 'No.', 'Then go.']],
    [
      'Smith et al. Found it in the U.S. Army Inc. Files. Yes.',
      ['Smith et al. Found it in the U.S. Army Inc. Files.', 'Yes.'],
    ],
    ['生活。真谛。', ['生活。', '真谛。']],
    ['他来了！你呢？！我不知道……再说吧。', ['他来了！', '你呢？！', '我不知道……再说吧。']],
    ['他说：“你好。”然后走了。（再见。）完', ['他说：“你好。”', '然后走了。', '（再见。）', '完']],
    ['「はい。」 彼は3.5点。', ['「はい。」', '彼は3.5点。']],
    ['再见。。 完', ['再见。。', '完']],
    ['再见。。', ['再见。。']],
    ['Contents ........ 5 and so on.....Then', ['Contents ........', '5 and so on.....Then']],
    ['no stop at all', ['no stop at all']],
    ['   ', []],
  ])('%j', (paragraph, sentences) => {
    expect(splitSentences(paragraph)).toEqual(sentences);
  });

  it('keeps every character but white space', () => {
    const text = 'A. B? "C!" (D.) E: f. g; H... I'.repeat(50);
    expect(splitSentences(text).join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
  });

  /** Quadratic time would be some minutes for these. */
  it.each(['.', '!?', '."', '"', '。', '。」', 'a', 'a1', 'J.', 'Mr. A ', 'p. 5 ', '. (', ' .', '\u0301', '…', ' "'])(
    'takes time in proportion to a line of %j',
    (piece) => {
      const line = `${piece.repeat(600_000 / piece.length)} 1. End`;
      const startedAt = performance.now();
      expect(splitSentences(line).at(-1)).toMatch(/End$/);
      expect(performance.now() - startedAt).toBeLessThan(10_000);
    },
  );
});
