import type { Task } from '@retort/foundation/task';
import { validateAgainstSchema } from '@retort/pipeline-schema';
import { type ByInput, type Facts, inputEntries, takenBy } from '@retort/plugin-kit';
import { studentTrain } from '@retort/stage-student-train';
import { describe, expect, it } from 'vitest';
import { resolvedConfig } from './support/resolved-config.ts';

const student = { layers: 4, hiddenSize: 312, heads: 12, intermediateSize: 1200 };

function problems(settings: object, connected: readonly string[] = []): unknown[] {
  return validateAgainstSchema(studentTrain.configSchema as never, resolvedConfig(settings, connected));
}

describe.each([
  ['official', 'general'],
  ['official', 'intermediate'],
  ['official', 'prediction'],
  ['paper', 'general'],
  ['paper', 'intermediate'],
  ['paper', 'prediction'],
  ['paper', 'joint'],
  ['masked', 'general'],
  ['masked', 'intermediate'],
  ['masked', 'prediction'],
  ['masked', 'joint'],
  ['article', 'joint'],
])('the preset %s, %s', (preset, phase) => {
  it('is complete by itself, and stands for these settings', () => {
    const settings = { preset, phase, student };
    expect(problems(settings)).toEqual([]);
    const { student: _student, ...resolved } = resolvedConfig(settings);
    expect(resolved).toMatchSnapshot();
    expect(
      studentTrain.check?.({ config: resolvedConfig(settings), inputs: { tokens: {} }, engine: 'onnx' }),
    ).toMatchObject([{ code: 'SIGNALS_NEEDED' }]);
  });
});

describe('a preset', () => {
  it('gives way to what is written, member by member', () => {
    const given = {
      preset: 'official',
      phase: 'general',
      student,
      batchSize: 8,
      optimizer: { learningRate: 0.001 },
      loss: { attention: { padding: 'masked' }, hidden: { weight: { kind: 'linear', from: 1, to: 0 } } },
    };
    expect(resolvedConfig(given)).toMatchObject({
      batchSize: 8,
      epochs: 3,
      optimizer: { kind: 'bertAdam', learningRate: 0.001, clipping: 'perTensor', weightDecay: 0.01 },
      loss: {
        attention: { weight: 1, padding: 'masked' },
        hidden: { weight: { kind: 'linear', from: 1, to: 0, begin: 0 }, padding: 'reference' },
        embedding: { weight: 1, padding: 'reference' },
      },
    });
  });

  it('leaves an optimizer of another kind alone', () => {
    const { optimizer } = resolvedConfig({ preset: 'official', optimizer: { kind: 'adamw', learningRate: 0.001 } });
    expect(optimizer).toEqual(resolvedConfig({ optimizer: { learningRate: 0.001 } }).optimizer);
  });

  it('turns no term on without a phase, but the article, which has only one', () => {
    const weights = (settings: object) =>
      Object.entries(resolvedConfig(settings).loss).flatMap(([name, term]) =>
        typeof term === 'object' && 'weight' in term && term.weight !== 0 ? [name] : [],
      );
    expect(weights({ preset: 'official' })).toEqual([]);
    expect(weights({ preset: 'paper' })).toEqual([]);
    expect(weights({ preset: 'article' })).toEqual(['attention', 'hidden', 'logits', 'labels']);
  });

  it('is the same as its settings written out, so that both have one key', () => {
    const byName = resolvedConfig({ preset: 'official', phase: 'intermediate', student });
    expect(byName).not.toHaveProperty('preset');
    expect(byName).not.toHaveProperty('phase');
    expect(resolvedConfig(byName)).toEqual(byName);
    expect(resolvedConfig({ preset: 'masked', ...byName })).toEqual(byName);
  });

  it('brings no geometry to a student that goes on learning', () => {
    expect(resolvedConfig({ preset: 'article' }).student).toMatchObject(student);
    expect(resolvedConfig({ preset: 'article' }, ['student']).student).toBeUndefined();
  });

  it('of an unknown name is one problem, and so is an unknown phase', () => {
    expect(problems({ preset: 'offical', phase: 'general', student })).toMatchObject([{ path: ['preset'] }]);
    expect(problems({ preset: 'official', phase: 'generl', student })).toMatchObject([{ path: ['phase'] }]);
    expect(problems({ preset: 7, student, optimizer: { learningRate: 1 } })).toMatchObject([{ path: ['preset'] }]);
  });

  it('without such a phase is told so', () => {
    const config = resolvedConfig({ preset: 'official', phase: 'joint', student });
    expect(validateAgainstSchema(studentTrain.configSchema as never, config)).toEqual([]);
    const found = studentTrain.check?.({ config, inputs: { tokens: {}, teacher: [{}] }, engine: 'onnx' }) ?? [];
    expect(found.map(({ message }) => message)).toMatchInlineSnapshot(`
      [
        "The preset "official" has no phase "joint", only general, intermediate, prediction. Choose one of these, or another preset.",
      ]
    `);
  });
});

describe('the check', () => {
  const architecture = { ...student, maxPositions: 512 };
  const teacher: Facts = {
    architecture: { ...architecture, layers: 12, hiddenSize: 768, intermediateSize: 3072 },
    task: { kind: 'classes', labels: ['a', 'b'] },
  };
  const several: Task = { kind: 'multi-label', labels: ['a', 'b'] };
  const signals: Facts = {
    task: { kind: 'classes', labels: ['a', 'b'] },
    signals: {
      stored: { logits: true, hiddenStates: [0, 3, 6, 9, 12], attentionScores: [3, 6, 9, 12] },
      teacher: teacher.architecture as never,
    },
  };
  const messages = (settings: object, inputs: ByInput<Facts>) => {
    const config = resolvedConfig(settings, Object.keys(inputs));
    const view = { config, inputs: takenBy(studentTrain, inputEntries(inputs)), engine: 'onnx' as const };
    return studentTrain.check?.(view).map(({ code, path, message }) => `${code} ${path.join('.')}: ${message}`) ?? [];
  };
  const joint = { phase: 'joint', student };

  it('finds nothing wrong with stored signals, or with an online teacher', () => {
    expect(messages(joint, { tokens: {}, signals })).toEqual([]);
    expect(
      messages({ ...joint, preset: 'article' }, { tokens: { task: { kind: 'classes', labels: ['b', 'a'] } }, teacher }),
    ).toEqual([]);
    expect(
      messages(joint, { tokens: {}, teacher: [teacher, { task: { kind: 'classes', labels: ['b', 'a'] } }] }),
    ).toEqual([]);
  });

  it.each<[string, object, ByInput<Facts>]>([
    ['no teacher', joint, { tokens: {} }],
    ['both', joint, { tokens: {}, signals, teacher }],
    [
      'reference padding of what is stored',
      { ...joint, preset: 'article' },
      { tokens: { task: { kind: 'classes', labels: ['a', 'b'] } }, signals },
    ],
    [
      'weights that do not fit the teachers',
      { ...joint, teacherWeights: [1, 2, 3] },
      { tokens: {}, teacher: [teacher, teacher] },
    ],
    ['a second teacher without logits', { phase: 'general', student }, { tokens: {}, teacher: [teacher, teacher] }],
    ['a teacher of another task', joint, { tokens: { task: { kind: 'classes', labels: ['yes', 'no'] } }, teacher }],
    ['a teacher of one class a row for several', joint, { tokens: { task: several }, teacher }],
    ['a softmax over several labels a row', joint, { tokens: {}, teacher: { ...teacher, task: several } }],
    ['a teacher without a head', joint, { tokens: {}, teacher: { architecture: teacher.architecture as never } }],
    [
      'signals that are not stored',
      joint,
      {
        tokens: {},
        signals: {
          ...signals,
          signals: { ...signals.signals, stored: { hiddenStates: [0], attentionScores: [3, 6, 9, 12] } },
        },
      },
    ],
    [
      'a student of other sizes than it starts from',
      { ...joint, student: { ...student, initialize: { from: 'teacher', layers: [3, 13] } } },
      { tokens: {}, teacher },
    ],
    [
      'a source that is not connected',
      { ...joint, student: { ...student, initialize: { from: 'model' } } },
      { tokens: {}, teacher },
    ],
    ['a kind of head for no head', { phase: 'general', student, headKind: 'reference' }, { tokens: {}, teacher }],
    [
      'another kind of head than is kept',
      { phase: 'prediction', headKind: 'reference' },
      {
        tokens: {},
        teacher,
        student: { architecture, task: { kind: 'classes', labels: ['a', 'b'] }, headKind: 'huggingface' },
      },
    ],
    ['a model that nothing asks for', joint, { tokens: {}, teacher, model: {} }],
  ])('tells %s', (_, settings, inputs) => {
    expect(messages(settings, inputs)).toMatchSnapshot();
  });
});
