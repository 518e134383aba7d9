import { distillationLoss, type HiddenProjection } from '@retort/distillation';
import { activeTerms } from '@retort/distillation/loss-block';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import golden from './fixtures/torch-losses.json';
import { answersOf, lossBlock, outputsOf } from './support/loss-blocks.ts';
import { valueOf } from './support/oracle.ts';

/** float32 rounding of both, relative to the largest element; the fixture has six decimals. */
const TOLERANCE = 2e-6;

const on = () => ({ weight: 1 });
const reference = () => ({ weight: 1, padding: 'reference' });
/** How each source takes its terms. */
const BLOCKS: Readonly<Record<string, object>> = {
  official: {
    attention: reference(),
    hidden: reference(),
    embedding: reference(),
    logits: { ...on(), reduction: 'elementMean' },
  },
  paper: {
    attention: on(),
    hidden: on(),
    embedding: on(),
    logits: on(),
    projection: 'embeddingApart',
    projectionBias: false,
  },
  article: {
    attention: reference(),
    hidden: reference(),
    logits: { weight: 0.5, kind: 'klDivergence', temperature: 5 },
    labels: on(),
  },
};

const { student, teacher, mapping, keyMask, labels, projections } = golden;

/** What the student learns, by the names of the fixture. */
const parameters: Readonly<Record<string, tf.Tensor>> = {
  ...Object.fromEntries(student.hiddenStates.map((values, i) => [`hidden.${i}`, tf.tensor3d(values)])),
  ...Object.fromEntries(student.attentionScores.map((values, i) => [`scores.${i + 1}`, tf.tensor4d(values)])),
  logits: tf.tensor2d(student.logits),
  ...Object.fromEntries(
    projections.flatMap(({ weight, bias }, i) => [
      [`projection.${i}.weight`, tf.tensor2d(weight)],
      [`projection.${i}.bias`, tf.tensor1d(bias)],
    ]),
  ),
};

function evaluate(preset: string, values: Readonly<Record<string, tf.Tensor>>) {
  const block = lossBlock(BLOCKS[preset] as object);
  const get = <T extends tf.Tensor>(name: string) => values[name] as T;
  return distillationLoss({
    block,
    layers: { mapping, studentLayers: mapping.length - 1, teacherLayers: teacher.attentionScores.length },
    keyMask: tf.tensor2d(keyMask, undefined, 'int32'),
    labels: tf.tensor1d(labels, 'int32'),
    student: outputsOf({
      hiddenStates: student.hiddenStates.map((_, i) => get<tf.Tensor3D>(`hidden.${i}`)),
      attentionScores: student.attentionScores.map((_, i) => get<tf.Tensor4D>(`scores.${i + 1}`)),
      logits: get('logits'),
    }),
    teacher: answersOf({
      hiddenStates: Object.fromEntries(teacher.hiddenStates.map((layer, i) => [i, tf.tensor3d(layer)])),
      attentionScores: Object.fromEntries(teacher.attentionScores.map((layer, i) => [i + 1, tf.tensor4d(layer)])),
      logits: tf.tensor2d(teacher.logits),
    }),
    projections: projections.map(
      (_, i): HiddenProjection => ({
        weight: get(`projection.${i}.weight`),
        ...(block.projectionBias ? { bias: get(`projection.${i}.bias`) } : {}),
      }),
    ),
  });
}

function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, name: string): void {
  const scale = Math.max(...Array.from(expected, Math.abs));
  expect(scale, `${name} is 0 everywhere`).toBeGreaterThan(0);
  for (const [i, value] of Array.from(expected).entries())
    expect(Math.abs((got[i] as number) - value), `${name}[${i}]: ${got[i]}, expected ${value}`).toBeLessThanOrEqual(
      TOLERANCE * Math.max(1, scale),
    );
}

describe.each(golden.cases)('the losses of PyTorch under $preset', ({ preset, loss, terms, gradients, weights }) => {
  it('are ours, term by term', () => {
    const got = evaluate(preset, parameters);
    expect(Object.keys(got.terms).sort()).toEqual(Object.keys(terms).sort());
    for (const [name, value] of Object.entries(terms))
      expectClose([valueOf(got.terms[name as keyof typeof got.terms] as tf.Scalar)], [value], name);
    expectClose([valueOf(got.loss)], [loss], 'loss');
    const ours = activeTerms(lossBlock(BLOCKS[preset] as object)).map(({ term, weight }) => [term.name, weight]);
    expect(Object.fromEntries(ours)).toEqual(
      Object.fromEntries(Object.entries(weights).filter(([, weight]) => weight > 0)),
    );
  });

  it('have our gradients, for everything that the student learns', () => {
    const names = Object.keys(gradients);
    const others = Object.fromEntries(Object.entries(parameters).filter(([name]) => !names.includes(name)));
    const given = names.map((name) => parameters[name] as tf.Tensor);
    const named = (values: readonly tf.Tensor[]) =>
      Object.fromEntries(names.map((name, i) => [name, values[i] as tf.Tensor]));
    const got = tf.grads((...values: tf.Tensor[]) => evaluate(preset, { ...others, ...named(values) }).loss)(given);
    for (const [i, name] of names.entries()) {
      const expected = (gradients as Readonly<Record<string, unknown>>)[name];
      expectClose((got[i] as tf.Tensor).dataSync(), tf.tensor(expected as number[]).dataSync(), name);
    }
  });
});
