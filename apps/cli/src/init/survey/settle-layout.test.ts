import { expect, test } from 'vitest';
import { headerEvidence } from './settle-layout.ts';

const under = (first: string[], ...columns: ((i: number) => string)[]) => [
  first,
  ...Array.from({ length: 10 }, (_, i) => columns.map((column) => column(i))),
];
const text = (i: number) => `text ${i}`;
const flag = (i: number) => String(i % 2);
const word = (i: number) => ['spam', 'ham'][i % 2] as string;

test.each([
  ['usual names', under(['Sentence', 'x'], text, flag), 'names'],
  ['a usual name beside a class', under(['text', 'spam'], text, word), 'names'],
  ['counted columns', under(['0', '1'], text, flag), 'names'],
  ['counted columns from 1', under(['1', '2'], text, flag), 'names'],
  ['a number above numbers', under(['a film', '1'], text, flag), 'data'],
  ['a score above scores', under(['a film', '-2.5'], text, (i) => `${i / 3}`), 'data'],
  ['a class above classes', under(['a film', 'ham'], text, word), 'data'],
  ['nothing where others have nothing', under(['a film', ''], text, (i) => (i % 2 ? '' : '*')), 'data'],
  ['no name for an index', under(['', 'review', 'stars'], (i) => `${i}`, text, flag), 'names'],
  ['other names', under(['utterance', 'emotion'], text, word), undefined],
  ['a year as a name', under(['utterance', '2020'], text, word), undefined],
  ['a name that a text repeats', under(['film', 'emotion'], (i) => (i === 3 ? 'film' : text(i)), word), undefined],
  ['no rows', [], undefined],
])('%s', (_what, rows, expected) => {
  expect(headerEvidence(rows)).toBe(expected);
});
