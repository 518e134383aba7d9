import { join } from 'node:path';
import { type Answer, attentionScores, hiddenStates, logits as logitsSignal } from '@retort/distillation/signals';
import { loadModel } from '@retort/families';
import { readTokens } from '@retort/tables';
import { onlineTeacher } from '@retort/training';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  distil,
  farthest,
  LABELS,
  modelOf,
  reordered,
  STUDENT,
  TEACHER,
  tinyModel,
  tinyTokens,
} from './support/tiny-models.ts';

type Input = Awaited<ReturnType<typeof tinyTokens>>;

let tokens: Input;
let labelled: Input;
let teacher: Input;
let other: Input;

beforeAll(async () => {
  tokens = await tinyTokens();
  labelled = await tinyTokens(LABELS);
  teacher = await tinyModel({ seed: 1, task: { kind: 'classes', labels: LABELS } });
  other = await tinyModel({ seed: 2, task: { kind: 'classes', labels: LABELS } });
});

const optimizer = { learningRate: 0.01 };
const logits = { loss: { logits: { weight: 1 } }, student: STUDENT, epochs: 2, optimizer };

describe('a teacher that is asked batch by batch', () => {
  it('teaches every term, and its classes to a student on tokens without labels', async () => {
    const { metrics, config } = await distil(
      { phase: 'joint', student: STUDENT, epochs: 8, optimizer },
      { tokens, teacher },
    );
    expect(Object.keys(metrics).sort()).toEqual(['attention', 'embedding', 'hidden', 'logits', 'loss']);
    expect(config.task).toEqual({ kind: 'classes', labels: LABELS });
  });

  it('of several labels a row makes such a student of text without labels', async () => {
    const several = await tinyModel({ seed: 1, task: { kind: 'multi-label', labels: LABELS } });
    const loss = { logits: { weight: 1, kind: 'sigmoidCrossEntropy' } };
    const { config } = await distil({ ...logits, loss }, { tokens, teacher: several });
    expect(config).toMatchObject({ task: { kind: 'multi-label', labels: LABELS } });
  });

  it('is compared by the names of classes, not by their places', async () => {
    const shuffled = await reordered(teacher, ['c', 'a', 'b']);
    const [straight, mapped] = [
      await distil(logits, { tokens: labelled, teacher }),
      await distil(logits, { tokens: labelled, teacher: shuffled }),
    ];
    expect(mapped.config.task).toEqual({ kind: 'classes', labels: LABELS });
    expect(farthest(mapped.student, straight.student)).toBeLessThan(1e-6);
    const wrong = await distil(logits, { tokens: labelled, teacher: other });
    expect(farthest(wrong.student, straight.student)).toBeGreaterThan(1e-3);
  });

  it('is refused when it knows other classes', async () => {
    const stranger = await tinyModel({ seed: 1, task: { kind: 'classes', labels: ['a', 'b', 'd'] } });
    await expect(distil(logits, { tokens: labelled, teacher: stranger })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RetortError: test.teacher answers with one of "a", "b", "d", but the student learns one of "a", "b", "c". Their logits cannot be compared. Connect a teacher of the same task.]`,
    );
  });

  it('needs a classification head for logits only', async () => {
    const plain = await tinyModel({ seed: 1 });
    await expect(distil(logits, { tokens: labelled, teacher: plain })).rejects.toMatchObject({
      code: 'TEACHER_HAS_NO_CLASSIFIER',
    });
    const { losses } = await distil(
      { phase: 'general', student: STUDENT, epochs: 1, optimizer },
      { tokens, teacher: plain },
    );
    expect(losses).toHaveLength(3);
  });
});

describe('what a teacher that is asked hands over', () => {
  it.each([
    [['logits'], [{ signal: logitsSignal }]],
    [['hiddenStates.2'], [{ signal: hiddenStates, layer: 2 }]],
    [
      ['hiddenStates.0', 'hiddenStates.4', 'attentionScores.3'],
      [
        { signal: hiddenStates, layer: 0 },
        { signal: hiddenStates, layer: 4 },
        { signal: attentionScores, layer: 3 },
      ],
    ],
    [[], []],
  ])('is what the loss looks at, and nothing else: %j', async (expected, needed: readonly Answer[]) => {
    const rows = await readTokens(join(tokens.path, 'tokens.arrow'));
    const input = { ...teacher, digest: 'd', label: 'teacher' };
    const asked = await onlineTeacher(input, { tokens: rows, engine: 'onnx', threads: 1 });
    const answers = await asked.ask({ answers: needed });
    const given = await answers.of({ rows: Int32Array.of(0, 1), rowCount: 2, width: 12 });
    await answers.close();
    expect(Object.keys(given.named())).toEqual(expected);
  });
});

describe('several teachers', () => {
  it('are one where they are the same, in whatever order their classes are', async () => {
    const shuffled = await reordered(teacher, ['b', 'c', 'a']);
    const alone = await distil(logits, { tokens: labelled, teacher });
    const twice = await distil(logits, { tokens: labelled, teacher: [teacher, shuffled] });
    expect(farthest(twice.student, alone.student)).toBeLessThan(1e-6);
  });

  it('have the mean of their logits, whichever leads', async () => {
    const joint = { loss: { logits: { weight: 1, kind: 'meanSquaredError' } }, student: STUDENT, epochs: 2, optimizer };
    const [one, two] = [
      await distil(joint, { tokens: labelled, teacher: [teacher, other] }),
      await distil(joint, { tokens: labelled, teacher: [other, teacher] }),
    ];
    expect(farthest(one.student, two.student)).toBeLessThan(1e-6);
    const alone = await distil(joint, { tokens: labelled, teacher });
    expect(farthest(one.student, alone.student)).toBeGreaterThan(1e-4);
  });

  it('count by their weights, of which only the ratios matter', async () => {
    const joint = { loss: { logits: { weight: 1, kind: 'meanSquaredError' } }, student: STUDENT, epochs: 2, optimizer };
    const both = (teacherWeights: number[]) =>
      distil({ ...joint, teacherWeights }, { tokens: labelled, teacher: [teacher, other] });
    const thrice = await distil(joint, { tokens: labelled, teacher: [teacher, other, teacher] });
    expect(farthest((await both([2, 1])).student, thrice.student)).toBeLessThan(1e-6);
    expect(farthest((await both([1, 0.5])).student, thrice.student)).toBeLessThan(1e-6);
    expect(farthest((await both([1, 2])).student, thrice.student)).toBeGreaterThan(1e-4);
  });

  it('may be more than eight', async () => {
    const logits = { loss: { logits: { weight: 1 } }, student: STUDENT, epochs: 1, optimizer };
    const nine = await distil(logits, { tokens: labelled, teacher: Array.from({ length: 9 }, () => teacher) });
    const alone = await distil(logits, { tokens: labelled, teacher });
    expect(farthest(nine.student, alone.student)).toBeLessThan(1e-5);
  });

  it('leave layers to the one that leads', async () => {
    const deeper = await tinyModel({
      seed: 3,
      task: { kind: 'classes', labels: LABELS },
      layers: 2,
      hiddenSize: 6,
      heads: 3,
    });
    const settings = {
      phase: 'joint',
      student: STUDENT,
      epochs: 1,
      optimizer,
      loss: { logits: { weight: 1e-9, kind: 'meanSquaredError' } },
    };
    const alone = await distil(settings, { tokens: labelled, teacher });
    const advised = await distil(settings, { tokens: labelled, teacher: [teacher, deeper] });
    expect(advised.metrics['attention']).toBeCloseTo(alone.metrics['attention'] as number, 5);
    const [one, two] = [alone, advised].map(({ metrics }) => metrics['logits'] as number) as [number, number];
    expect(Math.abs(two - one) / one).toBeGreaterThan(0.05);
  });
});

describe('a student that starts from layers of a model', () => {
  const geometry = { ...TEACHER, layers: 2 };

  it.each([
    ['uniform', [2, 4]],
    ['top', [3, 4]],
    ['bottom', [1, 2]],
    [
      [4, 1],
      [4, 1],
    ],
  ])('has those of %j: %j', async (layers, expected) => {
    const student = { ...geometry, initialize: { from: 'teacher', layers } };
    const { initialStudent } = await distil({ ...logits, student }, { tokens: labelled, teacher });
    const source = (await loadModel(teacher.path)).values;
    for (const [i, layer] of expected.entries()) {
      const [mine, theirs] = [`layers.${i}.intermediate.weight`, `layers.${layer - 1}.intermediate.weight`];
      expect(initialStudent.get(mine)?.values).toEqual(source.get(theirs)?.values);
    }
    for (const name of ['embeddings.word', 'embeddings.norm.scale', 'pooler.weight', 'classifier.bias'])
      expect(initialStudent.get(name)?.values, name).toEqual(source.get(name)?.values);
  });

  it('may be shorter than it, and has a head of its own for other classes', async () => {
    const two = await tinyTokens(['a', 'b']);
    const student = { ...geometry, maxPositions: 12, layers: 4, initialize: { from: 'model' } };
    const longer = await tinyModel({ seed: 5, task: { kind: 'classes', labels: LABELS }, maxPositions: 20 });
    const settings = { student, loss: { labels: { weight: 1 } }, epochs: 1, optimizer };
    const { initialStudent } = await distil(settings, { tokens: two, model: longer });
    const source = (await loadModel(longer.path)).values;
    const positions = source.get('embeddings.position')?.values as Float32Array;
    expect(initialStudent.get('embeddings.position')?.values).toEqual(positions.slice(0, 12 * TEACHER.hiddenSize));
    expect(initialStudent.get('classifier.weight')?.shape).toEqual([2, TEACHER.hiddenSize]);
    expect(initialStudent.get('pooler.weight')?.values).not.toEqual(source.get('pooler.weight')?.values);
  });

  it('is refused where sizes differ', async () => {
    const student = { ...geometry, intermediateSize: 12, initialize: { from: 'teacher' } };
    await expect(distil({ ...logits, student }, { tokens: labelled, teacher })).rejects.toMatchObject({
      code: 'INITIALIZE_GEOMETRY',
    });
  });
});

describe('what changes over the steps', () => {
  it('a weight that is a constant schedule is that number', async () => {
    const weighted = (weight: unknown) =>
      distil({ ...logits, loss: { logits: { weight }, labels: { weight: 1 } } }, { tokens: labelled, teacher });
    const [number, schedule] = [await weighted(0.5), await weighted({ kind: 'constant', value: 0.5 })];
    expect(farthest(number.student, schedule.student)).toBe(0);
  });

  it('a step schedule trains on the first value up to its change, with accumulated micro-batches too', async () => {
    const training = {
      epochs: 2,
      gradientAccumulation: 2,
      optimizer: { ...optimizer, schedule: { kind: 'constant' } },
    };
    const change = (at: number) => ({ kind: 'step', from: 0, unit: 'steps', changes: [{ at, to: 1 }] });
    const weighted = (weight: unknown) =>
      distil(
        { ...logits, ...training, loss: { logits: { weight }, labels: { weight: 1 } } },
        { tokens: labelled, teacher },
      );
    // Three micro-batches an epoch in two steps: four steps in all.
    const never = await weighted(change(4));
    const without = await weighted(0);
    expect(farthest(never.student, without.student)).toBeLessThan(1e-6);
    const last = await weighted(change(3));
    expect(farthest(last.student, without.student)).toBeGreaterThan(1e-6);
  });

  it('a temperature that falls is as low at the end as it says', async () => {
    const of = (temperature: unknown) =>
      distil(
        { ...logits, epochs: 1, loss: { logits: { weight: 1, kind: 'klDivergence', temperature } } },
        { tokens: labelled, teacher },
      );
    const falling = await of({ kind: 'linear', from: 8, to: 1 });
    const [warm, cold] = [await of(8), await of(1)];
    expect(falling.losses[0]).toBeCloseTo(warm.losses[0] as number, 6);
    expect(cold.losses[0]).toBeGreaterThan(2 * (warm.losses[0] as number));
    expect(falling.losses.at(-1)).toBeGreaterThan(warm.losses.at(-1) as number);
  });
});

describe('how far a batch is padded', () => {
  it('changes the loss under reference padding, and not under masked', async () => {
    const long = await tinyTokens(undefined, 24);
    const model = await tinyModel({ seed: 1, maxPositions: 24 });
    const firstLoss = async (padding: string, padTo: string) => {
      const loss = { attention: { weight: 1, padding }, hidden: { weight: 1, padding } };
      const student = { ...STUDENT, maxPositions: 24 };
      // One batch of all rows, whose longest has 12 of 24 tokens: padded to 16 or to 24.
      const settings = { student, loss, epochs: 1, batchSize: 10, optimizer, padTo };
      return (await distil(settings, { tokens: long, teacher: model })).losses[0] as number;
    };
    const masked = [await firstLoss('masked', 'bucket'), await firstLoss('masked', 'maximum')] as const;
    expect(masked[1]).toBeCloseTo(masked[0], 4);
    const reference = [await firstLoss('reference', 'bucket'), await firstLoss('reference', 'maximum')] as const;
    expect(Math.abs(reference[1] - reference[0]) / reference[0]).toBeGreaterThan(0.003);
  });
});

describe('the last batch of an epoch', () => {
  it('is a smaller one, or left out', async () => {
    const training = { phase: 'general', student: STUDENT, epochs: 2, optimizer };
    // Ten rows in batches of four.
    expect((await distil(training, { tokens, teacher })).losses).toHaveLength(6);
    expect((await distil({ ...training, lastBatch: 'skip' }, { tokens, teacher })).losses).toHaveLength(4);
  });

  it('is not all there is', async () => {
    const training = { phase: 'general', student: STUDENT, epochs: 1, batchSize: 11, lastBatch: 'skip', optimizer };
    await expect(distil(training, { tokens, teacher })).rejects.toMatchObject({ code: 'NO_FULL_BATCH' });
  });
});

describe('the kind of the classification head', () => {
  it('is the published one under official, kept by a student that goes on, and never changed under trained weights', async () => {
    const prediction = { preset: 'official', phase: 'prediction', epochs: 1, optimizer };
    const first = await distil({ ...prediction, student: STUDENT }, { tokens: labelled, teacher });
    expect(first.config.headKind).toBe('reference');
    const student = await modelOf(first.config, first.student);
    const on = { loss: { logits: { weight: 1 } }, epochs: 1, optimizer };
    expect((await distil(on, { tokens: labelled, teacher, student })).config.headKind).toBe('reference');
    await expect(
      distil({ ...on, headKind: 'huggingface' }, { tokens: labelled, teacher, student }),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RetortError: test.student has a trained head of the kind reference, but "headKind" is "huggingface". Set "headKind" to "reference", or start from a model without a head.]`,
    );
  });

  it('of a student without a head is the one that is asked for', async () => {
    const layers = await distil({ phase: 'general', student: STUDENT, epochs: 1, optimizer }, { tokens, teacher });
    const student = await modelOf(layers.config, layers.student);
    const { config } = await distil(
      { ...logits, student: undefined, headKind: 'reference' },
      { tokens: labelled, teacher, student },
    );
    expect(config.headKind).toBe('reference');
  });
});
