import {
  attentionDivergence,
  attentionScoreLoss,
  type DistillationLossInput,
  distillationLoss,
  hardLabelCrossEntropy,
  hiddenCosineLoss,
  hiddenStateLoss,
  klDivergence,
  regressionLoss,
} from '@retort/distillation';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { expectGradientsToMatch } from './support/gradient-check.ts';
import { answersOf, lossBlock, outputsOf } from './support/loss-blocks.ts';
import { keyMaskOf, randomTensor, valueOf } from './support/oracle.ts';

const [BATCH, LENGTH, HEADS, NARROW, WIDE] = [2, 3, 2, 2, 4];
const mapping = [0, 2, 4];
const layers = { mapping, studentLayers: 2, teacherLayers: 4 };
const keyMask = keyMaskOf([3, 2], LENGTH);

const scores = (name: string) => randomTensor<tf.Tensor4D>(name, [BATCH, HEADS, LENGTH, LENGTH]);
const student = {
  logits: randomTensor<tf.Tensor2D>('student logits', [BATCH, 2]),
  hiddenStates: [0, 1, 2].map((layer) => randomTensor<tf.Tensor3D>(`student ${layer}`, [BATCH, LENGTH, NARROW])),
  attentionScores: [1, 2].map((layer) => scores(`student scores ${layer}`)),
};
const teacherHidden = (layer: number) => randomTensor<tf.Tensor3D>(`teacher ${layer}`, [BATCH, LENGTH, WIDE]);
const teacher = {
  logits: randomTensor<tf.Tensor2D>('teacher logits', [BATCH, 2]),
  hiddenStates: { 0: teacherHidden(0), 2: teacherHidden(2), 4: teacherHidden(4) },
  attentionScores: { 2: scores('teacher scores 2'), 4: scores('teacher scores 4') },
};
const projections = [0, 1, 2].map((layer) => ({
  weight: randomTensor<tf.Tensor2D>(`projection ${layer}`, [NARROW, WIDE]),
}));
const labels = tf.tensor1d([1, 0], 'int32');

function evaluate(block: object, change: Partial<DistillationLossInput> = {}) {
  const input = {
    block: lossBlock(block),
    layers,
    student: outputsOf(student),
    teacher: answersOf(teacher),
    keyMask,
    labels,
    projections,
  };
  const { loss, terms } = distillationLoss({ ...input, ...change });
  return {
    loss: valueOf(loss),
    terms: Object.fromEntries(Object.entries(terms).map(([name, term]) => [name, valueOf(term)])),
  };
}

function attentionOf(studentLayer: number): number {
  const teacherScores = teacher.attentionScores[mapping[studentLayer] as 2 | 4];
  const studentScores = student.attentionScores[studentLayer - 1] as tf.Tensor4D;
  return valueOf(attentionScoreLoss({ student: studentScores, teacher: teacherScores, keyMask, padding: 'masked' }));
}

function hiddenOf(studentLayer: number, projection: number): number {
  return valueOf(
    hiddenStateLoss({
      student: student.hiddenStates[studentLayer] as tf.Tensor3D,
      teacher: teacher.hiddenStates[mapping[studentLayer] as 0 | 2 | 4],
      projection: projections[projection],
      keyMask,
      padding: 'masked',
    }),
  );
}

describe('distillationLoss', () => {
  it('sums mapped layers, weighs terms and reports them unweighted', () => {
    const { loss, terms } = evaluate({ attention: { weight: 2 }, hidden: { weight: 0.5 }, embedding: { weight: 3 } });
    const expected = {
      attention: attentionOf(1) + attentionOf(2),
      hidden: hiddenOf(1, 0) + hiddenOf(2, 0),
      embedding: hiddenOf(0, 0),
    };
    expect(Object.keys(terms)).toEqual(Object.keys(expected));
    expect(terms['attention']).toBeCloseTo(expected.attention, 5);
    expect(terms['hidden']).toBeCloseTo(expected.hidden, 5);
    expect(terms['embedding']).toBeCloseTo(expected.embedding, 5);
    expect(loss).toBeCloseTo(2 * expected.attention + 0.5 * expected.hidden + 3 * expected.embedding, 5);
  });

  it('averages mapped layers when asked to', () => {
    const { terms } = evaluate({ attention: { weight: 1 }, layerReduction: 'mean' });
    expect(terms['attention']).toBeCloseTo((attentionOf(1) + attentionOf(2)) / 2, 5);
  });

  it('takes the projection of each layer, or none at equal width', () => {
    const { terms } = evaluate({ hidden: { weight: 1 }, embedding: { weight: 1 }, projection: 'perLayer' });
    expect(terms['hidden']).toBeCloseTo(hiddenOf(1, 1) + hiddenOf(2, 2), 5);
    const alike = { student: outputsOf({ hiddenStates: [teacherHidden(0)] }), projections: [] };
    expect(evaluate({ embedding: { weight: 1 }, projection: 'none' }, alike).loss).toBe(0);
  });

  it('takes each term by the formula that its kind names', () => {
    const { terms } = evaluate({
      attention: { weight: 1, kind: 'klDivergence' },
      hidden: { weight: 1, kind: 'cosine' },
      embedding: { weight: 1, kind: 'cosine', padding: 'reference' },
    });
    const scoresOf = (layer: 1 | 2) => ({
      student: student.attentionScores[layer - 1] as tf.Tensor4D,
      teacher: teacher.attentionScores[mapping[layer] as 2 | 4],
    });
    const divergence = (layer: 1 | 2) =>
      valueOf(attentionDivergence({ ...scoresOf(layer), keyMask, padding: 'masked' }));
    const cosine = (layer: 0 | 1 | 2, padding: 'masked' | 'reference') =>
      valueOf(
        hiddenCosineLoss({
          student: student.hiddenStates[layer] as tf.Tensor3D,
          teacher: teacher.hiddenStates[mapping[layer] as 0 | 2 | 4],
          projection: projections[0],
          keyMask,
          padding,
        }),
      );
    expect(terms['attention']).toBeCloseTo(divergence(1) + divergence(2), 5);
    expect(terms['hidden']).toBeCloseTo(cosine(1, 'masked') + cosine(2, 'masked'), 5);
    expect(terms['embedding']).toBeCloseTo(cosine(0, 'reference'), 5);
  });

  it('mixes soft and hard targets', () => {
    const logits = { weight: 0.5, kind: 'klDivergence', temperature: 5, scaleByTemperatureSquared: true };
    const { loss } = evaluate({ logits, labels: { weight: 0.25 } });
    const soft = klDivergence({
      studentLogits: student.logits,
      teacherLogits: teacher.logits,
      temperature: 5,
      reduction: 'batchMean',
      scaleByTemperatureSquared: true,
    });
    const hard = hardLabelCrossEntropy({ logits: student.logits, labels });
    expect(loss).toBeCloseTo(0.5 * valueOf(soft) + 0.25 * valueOf(hard), 5);
  });

  it('takes float labels as a regression', () => {
    const logits = randomTensor<tf.Tensor2D>('regression', [BATCH, 1]);
    const gold = tf.tensor1d([0.5, 2]);
    const { loss } = evaluate({ labels: { weight: 1 } }, { student: outputsOf({ logits }), labels: gold });
    expect(loss).toBe(valueOf(regressionLoss({ logits, labels: gold })));
  });

  it('takes weights that change over time as tensors', () => {
    const scheduled = new Map([['attention.weight', tf.scalar(0.25)]]);
    const { loss, terms } = evaluate({ attention: { weight: 1 } }, { scheduled });
    expect(loss).toBeCloseTo(0.25 * (terms['attention'] as number), 6);
  });

  it('takes a scheduled weight and temperature at the step that is given', () => {
    const schedule = { kind: 'linear', from: 0, to: 8, unit: 'fraction', begin: 0 };
    const block = { logits: { weight: schedule, kind: 'klDivergence', temperature: { ...schedule, from: 2 } } };
    const temperature = ['logits.temperature', tf.scalar(3)] as const;
    const given = { scheduled: new Map([['logits.weight', tf.scalar(0.5)], temperature]) };
    const fixed = evaluate({ logits: { weight: 0.5, kind: 'klDivergence', temperature: 3 } });
    const { loss, terms } = evaluate(block, given);
    expect(loss).toBeCloseTo(fixed.loss, 6);
    expect(terms['logits']).toBeCloseTo(fixed.terms['logits'] as number, 6);
    expect(() => evaluate(block)).toThrow('distillationLoss needs the temperature at this step, which is missing.');
    expect(() => evaluate(block, { scheduled: new Map([temperature]) })).toThrow(
      'needs the weight of logits at this step',
    );
  });

  it('compares pairs of layers that the mapping does not have', () => {
    const hidden = {
      weight: 1,
      layerPairs: [
        { student: 2, teacher: 0 },
        { student: 2, teacher: 2 },
      ],
    };
    const attention = { weight: 1, layerPairs: [{ student: 1, teacher: 4 }] };
    const { terms } = evaluate({ hidden, attention });
    const hiddenPair = (teacherLayer: 0 | 2) =>
      valueOf(
        hiddenStateLoss({
          student: student.hiddenStates[2] as tf.Tensor3D,
          teacher: teacher.hiddenStates[teacherLayer],
          projection: projections[0],
          keyMask,
          padding: 'masked',
        }),
      );
    expect(terms['hidden']).toBeCloseTo(hiddenPair(0) + hiddenPair(2), 5);
    const scoresPair = { student: student.attentionScores[0] as tf.Tensor4D, teacher: teacher.attentionScores[4] };
    expect(terms['attention']).toBeCloseTo(
      valueOf(attentionScoreLoss({ ...scoresPair, keyMask, padding: 'masked' })),
      5,
    );
  });

  it('gives the embedding output a projection of its own, and one to all layers', () => {
    const { terms } = evaluate({ hidden: { weight: 1 }, embedding: { weight: 1 }, projection: 'embeddingApart' });
    expect(terms['embedding']).toBeCloseTo(hiddenOf(0, 0), 5);
    expect(terms['hidden']).toBeCloseTo(hiddenOf(1, 1) + hiddenOf(2, 1), 5);
  });

  it('needs nothing of a term with weight 0', () => {
    const onlyLogits = { student: outputsOf({ logits: student.logits }), teacher: answersOf({}), projections: [] };
    expect(Object.keys(evaluate({ labels: { weight: 1 } }, onlyLogits).terms)).toEqual(['labels']);
  });

  it.each([
    ['attention', 'teacher attention scores of layer 2', { teacher: answersOf({}) }],
    ['hidden', 'projection of student layer 1', { projections: [] }],
    ['logits', 'teacher logits', { teacher: answersOf({}) }],
    ['labels', 'labels', { labels: undefined }],
  ])('says what the %s term lacks: %s', (term, what, change) => {
    const act = () => evaluate({ [term]: { weight: 1 } }, change as Partial<DistillationLossInput>);
    expect(act).toThrow(`distillationLoss needs ${what}, which is missing.`);
  });

  it('gives the student, projection and embedding output their gradients', () => {
    const block = lossBlock({ attention: { weight: 1 }, hidden: { weight: 2 }, embedding: { weight: 3 } });
    expectGradientsToMatch(
      ({ embedding, weight, attention }) =>
        distillationLoss({
          block,
          layers,
          keyMask,
          teacher: answersOf(teacher),
          student: outputsOf({
            hiddenStates: [embedding as tf.Tensor3D, ...student.hiddenStates.slice(1)],
            attentionScores: [attention as tf.Tensor4D, ...student.attentionScores.slice(1)],
          }),
          projections: [{ weight: weight as tf.Tensor2D }],
        }).loss,
      {
        embedding: student.hiddenStates[0] as tf.Tensor,
        weight: (projections[0] as { weight: tf.Tensor }).weight,
        attention: student.attentionScores[0] as tf.Tensor,
      },
    );
  });

  it('leaves no tensor behind', () => {
    const block = { attention: { weight: 1 }, hidden: { weight: 1 }, logits: { weight: 1 }, labels: { weight: 1 } };
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const input = { block: lossBlock(block), layers, teacher: answersOf(teacher), keyMask, labels, projections };
      tf.grad((logits) => {
        const outputs = outputsOf({ ...student, logits: logits as tf.Tensor2D });
        return distillationLoss({ ...input, student: outputs }).loss;
      })(student.logits);
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});
