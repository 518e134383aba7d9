import { validateAgainstSchema } from '@retort/pipeline-schema';
import { evaluate } from '@retort/stage-evaluate';
import { describe, expect, it } from 'vitest';
import { configOf } from './harness.ts';

const architecture = { layers: 1, hiddenSize: 8, heads: 2, intermediateSize: 16, maxPositions: 16 };
const model = (...labels: string[]) => ({ tokenizer: 'v', architecture, task: { kind: 'classes', labels } as const });
const tokens = { tokenizer: 'v', task: { kind: 'classes', labels: ['no', 'yes'] } as const };

function problems(inputs: object, settings: object = {}) {
  return evaluate.check?.({ config: configOf(settings), inputs, engine: 'onnx' } as never) ?? [];
}
const codes = (inputs: object, settings: object = {}) => problems(inputs, settings).map(({ code }) => code);

describe('the definition of evaluate', () => {
  it('takes a student, a teacher or a baseline, in any order of labels', () => {
    expect(codes({ tokens, student: model('no', 'yes') })).toEqual([]);
    expect(codes({ tokens, teacher: model('yes', 'no') })).toEqual([]);
    expect(codes({ tokens })).toEqual(['NO_MODEL_TO_EVALUATE']);
    expect(codes({ tokens: { tokenizer: 'v' }, signals: {}, teacher: model() })).toEqual(['SIGNALS_WITHOUT_STUDENT']);
    expect(codes({ tokens: { tokenizer: 'v' }, student: model() })).toEqual(['NOTHING_TO_EVALUATE']);
  });

  it('refuses labels that differ before anything runs, with both lists', () => {
    const [problem] = problems({ tokens, teacher: model('LABEL_0', 'LABEL_1') });
    expect(problem).toEqual({
      code: 'LABELS_DIFFER',
      path: ['inputs', 'teacher'],
      message:
        'The teacher answers with one of "LABEL_0", "LABEL_1", but the data is labelled with one of "no", "yes". Labels are matched by name. Use a model of this task, or rename the labels of the data.',
    });
    expect(codes({ tokens, student: { ...model(), task: undefined } })).toEqual(['STUDENT_HAS_NO_CLASSIFIER']);
  });

  it('refuses training tokens of another task, and without labels to score a bag of words on', () => {
    const student = model('no', 'yes');
    expect(codes({ tokens, train: tokens, student })).toEqual([]);
    const turned = { ...tokens, task: { kind: 'classes', labels: ['yes', 'no'] } };
    expect(codes({ tokens, train: turned, student })).toEqual(['TRAIN_TASK_DIFFERS']);
    expect(codes({ tokens: { tokenizer: 'v' }, signals: {}, train: tokens, student })).toContain('TRAIN_UNUSED');
  });

  it('refuses a metric that does not fit the labels', () => {
    const student = model('no', 'yes');
    expect(codes({ tokens, student }, { metric: 'f1' })).toEqual([]);
    expect(codes({ tokens, student }, { metric: 'pearson' })).toEqual(['METRIC_DOES_NOT_FIT']);
    const task = { ...tokens.task, kind: 'multi-label' } as const;
    const several = { tokens: { ...tokens, task }, student: { ...student, task } };
    expect(codes(several, { metric: 'accuracy' })).toEqual(['METRIC_DOES_NOT_FIT']);
    expect(codes({ ...several, student }, { metric: 'microF1' })).toEqual(['LABELS_DIFFER']);
  });

  it('names the new word for the setting of a floor', () => {
    const [problem] = validateAgainstSchema(evaluate.configSchema, { ...configOf({}), require: { teacher: 0.7 } });
    expect(problem?.message).toBe('No setting is named "require" here. It is called "floor" now.');
  });

  it('wants the model and the labels of a floor, and gives the model an output', () => {
    const floor = { teacher: 0.7 };
    expect(codes({ tokens, student: model('no', 'yes') }, { floor })).toEqual(['FLOOR_MODEL_MISSING']);
    expect(codes({ tokens: { tokenizer: 'v' }, signals: {}, student: model(), teacher: model() }, { floor })).toEqual([
      'FLOOR_WITHOUT_LABELS',
    ]);
    const config = configOf({ floor });
    expect(Object.keys(evaluate.outputs({ config, connected: [] }))).toEqual([
      'report',
      'predictions',
      'speed',
      'teacher',
    ]);
    const facts = evaluate.describe?.({
      config,
      inputs: { tokens, teacher: model('no', 'yes') },
      engine: 'onnx',
    } as never);
    expect(facts?.['teacher']).toEqual(model('no', 'yes'));
  });
});
