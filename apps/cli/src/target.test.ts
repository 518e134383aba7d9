import { expect, test } from 'vitest';
import { readTarget } from './target.ts';

test.each([
  ['task-distill', { pipeline: 'task-distill' }],
  ['task-distill:no-attention', { pipeline: 'task-distill', variant: 'no-attention' }],
  ['pipelines/a.pipeline.json', { pipeline: 'pipelines/a.pipeline.json' }],
  ['pipelines/a.pipeline.json:small', { pipeline: 'pipelines/a.pipeline.json', variant: 'small' }],
  ['odd:folder/a.pipeline.json', { pipeline: 'odd:folder/a.pipeline.json' }],
  ['C:\\work\\a.pipeline.json', { pipeline: 'C:\\work\\a.pipeline.json' }],
  ['grid@seed=1,weight=0', { pipeline: 'grid', cell: 'seed=1,weight=0' }],
  ['grid:small@seed=1', { pipeline: 'grid', variant: 'small', cell: 'seed=1' }],
  ['grid@student=@2,files=./a.json', { pipeline: 'grid', cell: 'student=@2,files=./a.json' }],
  ['./grid.pipeline.json@loss.weight=0.5', { pipeline: './grid.pipeline.json', cell: 'loss.weight=0.5' }],
  ['./grid.pipeline.json:small@seed=1', { pipeline: './grid.pipeline.json', variant: 'small', cell: 'seed=1' }],
  ['grid@params.rate=1e-5', { pipeline: 'grid', cell: 'params.rate=1e-5' }],
  ['grid@base#stages.a.with.b=1', { pipeline: 'grid', cell: 'base#stages.a.with.b=1' }],
  ['grid@names.v1\\.0=a b', { pipeline: 'grid', cell: 'names.v1\\.0=a b' }],
  ['./odd@seed=1/a.pipeline.json', { pipeline: './odd@seed=1/a.pipeline.json' }],
  ['./some@home/a.pipeline.json', { pipeline: './some@home/a.pipeline.json' }],
])('%s', (text, target) => {
  expect(readTarget(text)).toEqual(target);
});

test('--variant is the same as the suffix, and may repeat it', () => {
  expect(readTarget('a', 'small')).toEqual({ pipeline: 'a', variant: 'small' });
  expect(readTarget('a:small', 'small')).toEqual({ pipeline: 'a', variant: 'small' });
});

test('two different variants are refused', () => {
  expect(() => readTarget('a:small', 'large')).toThrow(
    '"a:small" names the variant "small", but --variant is "large". Give only one of them.',
  );
});

test('an empty variant is refused', () => {
  expect(() => readTarget('a:')).toThrow('The variant in "a:" is empty.');
});
