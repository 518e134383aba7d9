import { compareModules, moduleName } from '@retort/pipeline-comparison';
import { expect, test } from 'vitest';

test.each([
  ['libs/model/distillation/src/attention-score-loss.ts', 'distillation/attention-score-loss'],
  ['libs/stages/student-train/src/run.ts', 'student-train/run'],
  ['libs/stages/tokenize/stage.schema.json', 'tokenize/stage.schema.json'],
  ['libs/pipeline/runner/src/local-executor/ending.ts', 'runner/local-executor/ending'],
  ['@tensorflow/tfjs-core', '@tensorflow/tfjs-core'],
])('%s is called %s', (path, name) => expect(moduleName(path)).toBe(name));

test('modules that are new, gone or changed are named, and no others', () => {
  const before = { 'libs/a/src/x.ts': '1', 'libs/a/src/y.ts': '2', 'tfjs-core': '4.22.0' };
  const after = { 'libs/a/src/x.ts': '1', 'libs/a/src/z.ts': '3', 'tfjs-core': '4.23.0' };
  expect(compareModules(before, after)).toEqual([
    { module: 'a/y', before: '2' },
    { module: 'a/z', after: '3' },
    { module: 'tfjs-core', before: '4.22.0', after: '4.23.0' },
  ]);
});
