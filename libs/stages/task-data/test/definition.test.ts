import { taskData } from '@retort/stage-task-data';
import { describe, expect, it } from 'vitest';
import schema from '../stage.schema.json' with { type: 'json' };
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

  it('wants a folder for a task of GLUE, and nothing else', () => {
    const glue = { source: { kind: 'glue', preset: 'rte' } };
    expect(codes(glue)).toEqual(['TASK_DATA_INPUT_MISSING']);
    expect(codes(glue, { data: {}, train: {} })).toEqual(['TASK_DATA_INPUT_UNUSED']);
    expect(codes(glue, { data: {} })).toEqual([]);
  });

  it('wants a label column, but for several labels', () => {
    const source = (labels: object) => ({ source: { kind: 'files', columns: { textA: 'a' }, labels } });
    const connected = { train: {}, validation: {} };
    expect(codes(source({ kind: 'classes', values: ['0', '1'] }), connected)).toEqual(['TASK_DATA_LABEL_COLUMN']);
    expect(codes(source({ kind: 'multi-label', values: ['0', '1'] }), connected)).toEqual([]);
  });

  it('refuses settings that a format has no use for', () => {
    const source = { ...files({ kind: 'regression' }).source, format: 'parquet', header: false, quoting: false };
    expect(codes({ source }, { train: {}, validation: {} })).toEqual([
      'TASK_DATA_SETTING_UNUSED',
      'TASK_DATA_SETTING_UNUSED',
    ]);
  });

  it('refuses a delimiter outside of CSV, or one that is something else', () => {
    const source = { ...files({ kind: 'regression' }).source, delimiter: ';' };
    const connected = { train: {}, validation: {} };
    expect(codes({ source }, connected)).toEqual(['TASK_DATA_SETTING_UNUSED']);
    expect(codes({ source: { ...source, format: 'csv' } }, connected)).toEqual([]);
    const delimiters = schema.$defs.files.properties.delimiter.pattern;
    for (const wrong of ['', '"', '\n', '\r', ';;']) expect(wrong).not.toMatch(new RegExp(delimiters, 'u'));
    for (const right of [';', '\t', ' ', '😀']) expect(right).toMatch(new RegExp(delimiters, 'u'));
  });

  it('refuses labels that cannot occur, or that stand for none', () => {
    const connected = { train: {}, validation: {} };
    const source = files({ kind: 'classes', values: ['0', ' 1'] }).source;
    expect(codes({ source }, connected)).toEqual(['TASK_DATA_LABEL_SPACES']);
    const skipped = { ...files({ kind: 'classes', values: ['0', '1'] }).source, skipLabels: ['1', '-1'] };
    expect(codes({ source: skipped }, connected)).toEqual(['TASK_DATA_LABEL_SKIPPED']);
  });

  it.each([
    [
      'a text and its label',
      { textA: 'a', label: 'a' },
      '"columns.textA" and "columns.label" name the same column, "a"',
    ],
    ['both texts', { textA: 'a', textB: 'a', label: 'l' }, '"columns.textA" and "columns.textB" name'],
    ['all of them', { textA: 'a', textB: 'a', label: 'a' }, '"columns.textA" and "columns.textB" and "columns.label"'],
    ['a text and one of several labels', { textA: 'a', textB: 'y' }, '"columns.textB" and "labels.values" name'],
  ])('refuses one column for %s', (_, columns, words) => {
    const labels = { kind: 'multi-label', values: ['x', 'y'] };
    const settings = { source: { ...files(labels).source, columns } };
    const [problem, ...others] = taskData.check?.(view(settings, { train: {}, validation: {} })) ?? [];
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ code: 'TASK_DATA_COLUMN_SHARED', path: ['with', 'source', 'columns'] });
    expect(problem?.message).toContain(words);
  });

  it('refuses the rest of a draw that there is not', () => {
    expect(codes({ sample: 'rest' }, {})).toEqual(['TASK_DATA_REST']);
    const settings = files({ kind: 'classes', values: ['0', '1'] });
    expect(codes({ ...settings, sample: 'rest' }, { train: {}, validation: {} })).toEqual(['TASK_DATA_REST']);
    expect(codes({ ...settings, sample: 'rest', maxTrain: 5 }, { train: {}, validation: {} })).toEqual([]);
  });

  it('refuses a separator that is part of a label', () => {
    const labels = { kind: 'multi-label', values: ['a b', 'c'], separator: ' ' };
    expect(codes(files(labels), { train: {}, validation: {} })).toEqual(['TASK_DATA_SEPARATOR']);
  });

  it('refuses a range without numbers in it', () => {
    expect(codes(files({ kind: 'regression', minimum: 5, maximum: 0 }), { train: {}, validation: {} })).toEqual([
      'TASK_DATA_LABEL_RANGE',
    ]);
  });

  it('has the seed in its key only where something is drawn', () => {
    const usesSeed = taskData.usesSeed as (config: unknown) => boolean;
    const glue = { source: { kind: 'glue', preset: 'rte' } };
    expect(usesSeed(configOf({}))).toBe(true);
    expect(usesSeed(configOf(glue))).toBe(false);
    expect(usesSeed(configOf({ ...glue, maxTrain: 5 }))).toBe(true);
    expect(usesSeed(configOf({ ...glue, maxTrain: 5, sample: 'first' }))).toBe(false);
  });

  it('knows labels and rows beforehand', () => {
    expect(taskData.describe?.(view({}))).toEqual({
      examples: { task: { kind: 'classes', labels: ['grazer', 'hunter'] }, rows: 4800, hasSelection: false },
    });
    expect(taskData.describe?.(view(files({ kind: 'classes', values: ['0', '1'] })))).toEqual({
      examples: { task: { kind: 'classes', labels: ['0', '1'] }, hasSelection: false },
    });
    expect(taskData.describe?.(view({ selection: 0.1 }))['examples']).toMatchObject({ hasSelection: true });
  });
});
