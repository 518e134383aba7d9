import { expect, test } from 'vitest';
import { readInvocation } from './invocation.mjs';

const read = (line: string) => readInvocation(['node', 'nx', ...line.split(' ')]);
const single = (target: string, configuration?: string, rest: string[] = []) => ({
  targets: [target],
  configuration,
  single: true,
  rest,
});

test.each([
  ['run pipeline:general-distill', single('general-distill')],
  ['run pipeline:general-distill:no-attention', single('general-distill', 'no-attention')],
  ['run pipeline:general-distill -c no-attention', single('general-distill', 'no-attention')],
  ['run pipeline:general-distill --configuration=no-attention', single('general-distill', 'no-attention')],
  ['general-distill pipeline -c no-attention', single('general-distill', 'no-attention')],
  ['general-distill --project pipeline', single('general-distill')],
  ['pipeline:general-distill', single('general-distill')],
])('%s', (line, invocation) => {
  expect(read(line)).toEqual(invocation);
});

test('options of the pipeline are kept as typed, those of Nx are left out', () => {
  expect(
    read(
      'run pipeline:sst2 --set params.data=../data --skip-nx-cache --set=seed=1 --outputStyle stream --verbose --json',
    ),
  ).toEqual(single('sst2', undefined, ['--set', 'params.data=../data', '--set=seed=1', '--json']));
  expect(read('run pipeline:sst2 --no-tui --output-style=static --parallel=2 -- --from 3')).toEqual(
    single('sst2', undefined, ['--from', '3']),
  );
});

test('a word after the target is not swallowed', () => {
  expect(read('run pipeline:sst2 extra')).toEqual(single('sst2', undefined, ['extra']));
});

test('runs of several targets are not single', () => {
  expect(read('run-many -t a,b -c small')).toEqual({
    targets: ['a', 'b'],
    configuration: 'small',
    single: false,
    rest: [],
  });
});

test.each(['run retort:test', 'test retort', 'run', 'graph', 'show projects'])('%s is about something else', (line) => {
  expect(read(line)).toBeUndefined();
});
