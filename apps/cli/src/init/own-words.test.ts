import { expect, test } from 'vitest';
import { ownWords } from './own-words.ts';

test.each([
  [
    'If quotes mean nothing in this file, set "source.quoting" to false.',
    'If quotes mean nothing in this file, give --quoting false.',
  ],
  ['Set "unusedEmbeddings" to "drop".', 'Give --unused-embeddings drop.'],
  ['List "-1" in "source.skipLabels".', 'Give --skip-label "-1".'],
  [
    'To leave out rows without a label, list null in "source.skipLabels".',
    'To leave out rows without a label, give --skip-unlabelled.',
  ],
  ['Raise "source.maxRowBytes" to read it.', 'Raise --max-row-bytes to read it.'],
  [
    'The label null is none of those that "labels.values" lists. Known: a.',
    'The label null is none of the labels of the column. Known: a.',
  ],
  [
    '[1,1] in "x" names a label twice. If lists hold a 1 or 0 for each label, set "labels.list" to "vector" and let "labels.values" list all labels; else remove what is double.',
    '[1,1] in "x" names a label twice. Write a 1 or 0 for each label; else remove what is double.',
  ],
  [
    '[1,0] may be either. Set "labels.list" to "vector" for the second, or to "names".',
    '[1,0] may be either. Write the names of labels, or a 1 or 0 for each label.',
  ],
  ['Check the path and "source.format".', 'Check the path and --format.'],
])('%s', (message, own) => {
  expect(ownWords({ code: 'X', message }, '/a/b.pipeline.json').message).toBe(own);
});

test('a place in the draft is none, any other stays', () => {
  const at = (file: string) => ownWords({ code: 'X', message: '', location: { file, line: 3 } }, '/a/b.pipeline.json');
  expect(at('b.pipeline.json')).not.toHaveProperty('location');
  expect(at('/a/b.pipeline.json')).not.toHaveProperty('location');
  expect(at('train.csv').location).toEqual({ file: 'train.csv', line: 3 });
});
