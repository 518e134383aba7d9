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
