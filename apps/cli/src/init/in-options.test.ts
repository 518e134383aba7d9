import { addTo, type SettingAdvice, setTo, theSetting } from '@retort/foundation/diagnostics';
import { expect, test } from 'vitest';
import { problemInOptions } from './in-options.ts';

const quoting = setTo('source.quoting', false);
const list = setTo('labels.list', 'names');

test.each<[string, SettingAdvice[], string]>([
  [`If quotes mean nothing, ${quoting.words}.`, [quoting], 'If quotes mean nothing, give --quoting false.'],
  ['set "unusedEmbeddings" to "drop".', [setTo('unusedEmbeddings', 'drop')], 'give --unused-embeddings drop.'],
  ['set "source.delimiter" to ";".', [setTo('source.delimiter', ';')], 'give --delimiter ";".'],
  ['add "-1" to "source.skipLabels".', [addTo('source.skipLabels', '-1')], 'give --skip-label "-1".'],
  ['add null to "source.skipLabels".', [addTo('source.skipLabels', null)], 'give --skip-unlabelled.'],
  ['Or raise "source.maxRowBytes".', [theSetting('source.maxRowBytes')], 'Or raise --max-row-bytes.'],
  [`Correct it, or ${list.words}.`, [list], 'Correct it.'],
  ['The text has "source.quoting" in it.', [], 'The text has "source.quoting" in it.'],
])('%s', (message, advice, inOptions) => {
  expect(problemInOptions({ code: 'X', message, advice }, '/a/b.pipeline.json')).toEqual({
    code: 'X',
    message: inOptions,
  });
});

test('a place in the draft is left out, and any other is kept', () => {
  const at = (file: string) =>
    problemInOptions({ code: 'X', message: '', location: { file, line: 3 } }, '/a/b.pipeline.json');
  expect(at('b.pipeline.json')).not.toHaveProperty('location');
  expect(at('/a/b.pipeline.json')).not.toHaveProperty('location');
  expect(at('train.csv').location).toEqual({ file: 'train.csv', line: 3 });
});
