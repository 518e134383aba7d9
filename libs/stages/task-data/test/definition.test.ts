import { taskData } from '@retort/stage-task-data';
import { describe, expect, it } from 'vitest';
import { configOf } from './harness.ts';

const files = (labels: object) => ({ source: { kind: 'files', columns: { textA: 'a', label: 'l' }, labels } });
const view = (settings: object, inputs: object = {}) =>
  ({ config: configOf(settings), inputs, engine: 'onnx' }) as never;
const codes = (settings: object, inputs: object = {}) =>
  taskData.check?.(view(settings, inputs))?.map(({ code }) => code);

describe('the definition of task-data', () => {
  it('wants train and validation exactly when the source is files', () => {
    expect(codes(files({ kind: 'regression' }))).toEqual(['TASK_DATA_INPUT_MISSING', 'TASK_DATA_INPUT_MISSING']);
    expect(codes(files({ kind: 'regression' }), { train: {}, validation: {} })).toEqual([]);
    expect(codes({}, { test: {} })).toEqual(['TASK_DATA_INPUT_UNUSED']);
  });

  it('wants as many names as values', () => {
    expect(
      codes(files({ kind: 'classes', values: ['0', '1'], names: ['a', 'b', 'c'] }), { train: {}, validation: {} }),
    ).toEqual(['TASK_DATA_LABEL_NAMES']);
  });

  it('knows labels and rows beforehand', () => {
    expect(taskData.describe?.(view({}))).toEqual({ examples: { labels: ['grazer', 'hunter'], rows: 4800 } });
    expect(taskData.describe?.(view(files({ kind: 'classes', values: ['0', '1'] })))).toEqual({
      examples: { labels: ['0', '1'] },
    });
  });
});
