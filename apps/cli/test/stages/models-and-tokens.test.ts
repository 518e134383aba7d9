import { withDefaults } from '@retort/pipeline-schema';
import { type Facts, inputEntries, type StageProblem, takenBy } from '@retort/plugin-kit';
import { expect, test } from 'vitest';
import { registry } from '../../src/registry.ts';

// Every stage that lets a model read tokens refuses, while planning, a model that cannot read them.

const SHORT: Facts = {
  architecture: { layers: 2, hiddenSize: 8, heads: 2, intermediateSize: 16, maxPositions: 32 },
  task: { kind: 'classes', labels: ['no', 'yes'] },
};
const ONE_SEGMENT: Facts = { ...SHORT, segmentTypes: 1 };
const ROWS: Facts = { task: { kind: 'classes', labels: ['no', 'yes'] }, maxSequenceLength: 32, hasPairs: true };
const LONG_ROWS: Facts = { ...ROWS, maxSequenceLength: 33 };

/** Stage, input with the model, settings without defaults. */
const READERS: readonly [kind: string, input: string, settings?: object][] = [
  ['teacher-forward', 'teacher'],
  ['student-train', 'teacher'],
  ['student-train', 'student'],
  ['evaluate', 'teacher'],
  ['evaluate', 'student'],
  ['evaluate', 'initialStudent'],
  ['evaluate', 'baseline'],
  ['finetune', 'model'],
  ['pretrain', 'model'],
  ['export', 'model', { formats: ['onnx'] }],
];

function problems(kind: string, settings: object, inputs: Readonly<Record<string, Facts>>): readonly StageProblem[] {
  const definition = registry.get(kind);
  if (definition === undefined) return expect.fail(`there is no stage ${kind}`);
  const config = withDefaults(definition.configSchema, settings as Record<string, unknown>);
  return definition.check?.({ config, inputs: takenBy(definition, inputEntries(inputs)), engine: 'onnx' }) ?? [];
}

function about(code: string, found: readonly StageProblem[]): string[] {
  return found.filter((problem) => problem.code === code).map(({ path, message }) => `${path.join('/')}: ${message}`);
}

test.each(READERS)(
  '%s with "%s": rows longer than the model, and pairs that it has no segment for',
  (kind, input, settings = {}) => {
    const [long] = about('BERT_SEQUENCE_TOO_LONG', problems(kind, settings, { tokens: LONG_ROWS, [input]: SHORT }));
    expect(long).toBe(
      `inputs/${input}: The rows of "tokens" have up to 33 tokens, but "${input}" has only 32 positions. Lower "maxSequenceLength" of the tokenize stage to 32, or connect a model with more positions.`,
    );
    const [pairs] = about('BERT_ONE_SEGMENT', problems(kind, settings, { tokens: ROWS, [input]: ONE_SEGMENT }));
    expect(pairs).toBe(
      `inputs/${input}: The rows of "tokens" are pairs of texts, but "${input}" has one segment type (type_vocab_size 1), so it has no embedding for the second text. Connect a model with two, or tokens of single texts.`,
    );
  },
);

test.each(READERS)('%s with "%s" that fits is not suspected', (kind, input, settings = {}) => {
  const { hasPairs: _, ...single } = ROWS;
  for (const [tokens, model] of [
    [ROWS, SHORT],
    [ROWS, { ...SHORT, segmentTypes: 2 }],
    [single, ONE_SEGMENT],
    [{}, ONE_SEGMENT],
    [LONG_ROWS, {}],
  ] as const) {
    const codes = problems(kind, settings, { tokens, [input]: model }).map(({ code }) => code);
    expect(codes.filter((code) => code.startsWith('BERT_'))).toEqual([]);
  }
});

test('pretrain looks at the rows it validates on, too', () => {
  const found = problems('pretrain', {}, { tokens: ROWS, validation: LONG_ROWS, model: SHORT });
  expect(about('BERT_SEQUENCE_TOO_LONG', found)).toHaveLength(1);
  const architecture = SHORT.architecture;
  const fresh = problems('pretrain', { architecture }, { tokens: ROWS, validation: LONG_ROWS });
  expect(about('BERT_SEQUENCE_TOO_LONG', fresh)).toHaveLength(1);
});

test('augment makes rows of its own', () => {
  const mlm = { source: 'masked-language-model', copies: 1, maxSequenceLength: 33 };
  const inputs = { examples: {}, model: ONE_SEGMENT };
  expect(problems('augment', mlm, inputs).map(({ code, path }) => `${code} ${path.join('/')}`)).toEqual([
    'BERT_SEQUENCE_TOO_LONG with/maxSequenceLength',
    'BERT_ONE_SEGMENT with/context',
  ]);
  expect(problems('augment', { ...mlm, maxSequenceLength: 32, context: 'alone' }, inputs)).toEqual([]);
});

test('a student cannot start from a model with other segments', () => {
  const student = { ...SHORT.architecture, layers: 1, initialize: { from: 'teacher', layers: 'top' } };
  const found = (segmentTypes: number) =>
    about(
      'INITIALIZE_GEOMETRY',
      problems('student-train', { student }, { tokens: {}, teacher: { ...SHORT, segmentTypes } }),
    );
  // Both segments of the student start like the only one of its teacher.
  expect(found(1)).toEqual([]);
  expect(found(3)).toEqual([
    'with/student/initialize/from: A new student has 2 segment types, but "teacher" has 3 (type_vocab_size), so its embeddings do not fit. Remove "initialize".',
  ]);
});

test('pairs are known from where they are made to where they are read', () => {
  const describe = (kind: string, settings: object, inputs: Readonly<Record<string, Facts>> = {}) => {
    const definition = registry.get(kind);
    const config = withDefaults(definition?.configSchema ?? {}, settings as Record<string, unknown>);
    return definition?.describe?.({ config, inputs, engine: 'onnx' }) ?? {};
  };
  const labels = { kind: 'classes', values: ['0', '1'] };
  const files = (columns: object) => ({ source: { kind: 'files', format: 'tsv', columns, labels } });
  const examples = (settings: object) => describe('task-data', settings)['examples'];
  expect(examples(files({ textA: 'a', textB: 'b', label: 'c' }))?.hasPairs).toBe(true);
  expect(examples(files({ textA: 'a', label: 'c' }))?.hasPairs).toBeUndefined();
  expect(examples({ source: { kind: 'glue', preset: 'rte' } })?.hasPairs).toBe(true);
  expect(examples({ source: { kind: 'glue', preset: 'sst2' } })?.hasPairs).toBeUndefined();
  expect(describe('task-data', { source: { kind: 'glue', preset: 'mnli' } })['mismatched']?.hasPairs).toBe(true);
  const pairs: Facts = { hasPairs: true };
  const augmented = describe('augment', { source: 'vectors', copies: 1 }, { examples: pairs })['examples'];
  expect(augmented?.hasPairs).toBe(true);
  const tokens = describe('tokenize', { maxSequenceLength: 16 }, { examples: pairs, tokenizer: {} });
  expect([tokens['train'], tokens['validation'], tokens['test']].map((facts) => facts?.hasPairs)).toEqual([
    true,
    true,
    true,
  ]);
  const packed = { maxSequenceLength: 16, packing: 'sentence-pairs' };
  expect(describe('tokenize', packed, { text: {}, tokenizer: {} })['train']?.hasPairs).toBe(true);
  for (const [kind, input] of [
    ['finetune', 'model'],
    ['pretrain', 'model'],
    ['student-train', 'student'],
  ] as const) {
    const outputs = describe(kind, {}, { tokens: {}, [input]: ONE_SEGMENT });
    expect(Object.values(outputs)[0]?.segmentTypes, kind).toBe(1);
  }
});
