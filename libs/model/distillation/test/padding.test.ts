import {
  attentionDivergence,
  attentionScoreLoss,
  hiddenCosineLoss,
  hiddenStateLoss,
  type Padding,
} from '@retort/distillation';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { keyMaskOf, randomTensor, valueOf } from './support/oracle.ts';

const LENGTHS = [4, 2];
const [SEQUENCE, PADDED, HEADS] = [4, 7, 2];
/** Rounding of float32 sums in another order. */
const ROUNDING = 1e-6;

/** Grows [2, …, 4, …] tensors to length 7 along `axes`, filled with values that no mask may let through. */
function padded<T extends tf.Tensor>(tensor: T, axes: readonly number[]): T {
  const paddings = tensor.shape.map((_, axis): [number, number] => [0, axes.includes(axis) ? PADDED - SEQUENCE : 0]);
  return tf.pad(tensor, paddings, 50) as T;
}

interface Case {
  readonly name: string;
  readonly student: tf.Tensor;
  readonly teacher: tf.Tensor;
  readonly axes: readonly number[];
  readonly loss: (tensors: {
    student: tf.Tensor;
    teacher: tf.Tensor;
    keyMask: tf.Tensor2D;
    padding: Padding;
  }) => tf.Scalar;
}

const cases: readonly Case[] = [
  {
    name: 'attention scores',
    student: randomTensor('student', [2, HEADS, SEQUENCE, SEQUENCE]),
    teacher: randomTensor('teacher', [2, HEADS, SEQUENCE, SEQUENCE]),
    axes: [2, 3],
    loss: (input) => attentionScoreLoss(input as Parameters<typeof attentionScoreLoss>[0]),
  },
  {
    name: 'attention probabilities',
    student: randomTensor('student', [2, HEADS, SEQUENCE, SEQUENCE], 3),
    teacher: randomTensor('teacher', [2, HEADS, SEQUENCE, SEQUENCE], 3),
    axes: [2, 3],
    loss: (input) => attentionDivergence(input as Parameters<typeof attentionDivergence>[0]),
  },
  {
    name: 'hidden states',
    student: randomTensor('student', [2, SEQUENCE, 3]),
    teacher: randomTensor('teacher', [2, SEQUENCE, 3]),
    axes: [1],
    loss: (input) => hiddenStateLoss(input as Parameters<typeof hiddenStateLoss>[0]),
  },
  {
    name: 'directions of hidden states',
    student: randomTensor('student', [2, SEQUENCE, 3]),
    teacher: randomTensor('teacher', [2, SEQUENCE, 3]),
    axes: [1],
    loss: (input) => hiddenCosineLoss(input as Parameters<typeof hiddenCosineLoss>[0]),
  },
];

describe.each(cases)('$name padded from 4 to 7', ({ student, teacher, axes, loss }) => {
  const evaluate = (padding: Padding, isPadded: boolean) => {
    const grow = (tensor: tf.Tensor) => (isPadded ? padded(tensor, axes) : tensor);
    const keyMask = keyMaskOf(LENGTHS, isPadded ? PADDED : SEQUENCE);
    const lossOf = (value: tf.Tensor) => loss({ student: value, teacher: grow(teacher), keyMask, padding });
    const { value, grad } = tf.valueAndGrad(lossOf)(grow(student));
    const original = tf.slice(
      grad,
      student.shape.map(() => 0),
      student.shape,
    );
    return { loss: valueOf(value), gradient: [...original.dataSync()], gradientSum: valueOf(tf.sum(tf.abs(grad))) };
  };

  it('has the same masked loss, and the same gradient on valid positions', () => {
    const [short, long] = [evaluate('masked', false), evaluate('masked', true)];
    expect(Math.abs(short.loss - long.loss)).toBeLessThan(ROUNDING);
    short.gradient.forEach((value, i) => expect(Math.abs(value - (long.gradient[i] as number))).toBeLessThan(ROUNDING));
  });

  it('has no masked gradient on padded positions', () => {
    const long = evaluate('masked', true);
    const onOriginal = long.gradient.reduce((sum, value) => sum + Math.abs(value), 0);
    expect(Math.abs(long.gradientSum - onOriginal)).toBeLessThan(ROUNDING);
  });

  it('has another reference loss: the canary of the two tests above', () => {
    const [short, long] = [evaluate('reference', false), evaluate('reference', true)];
    expect(Math.abs(short.loss - long.loss)).toBeGreaterThan(0.01);
  });
});

describe.each(['masked', 'reference'] as const)('a batch filled up with rows of weight 0, %s', (padding) => {
  it.each(cases)('has the loss of the batch without them: $name', ({ student, teacher, loss }) => {
    const firstRow = (tensor: tf.Tensor) => tf.slice(tensor, 0, 1);
    const full = loss({
      student,
      teacher,
      keyMask: keyMaskOf(LENGTHS, SEQUENCE),
      padding,
      rowWeights: tf.tensor1d([1, 0]),
    } as never);
    const alone = loss({
      student: firstRow(student),
      teacher: firstRow(teacher),
      keyMask: keyMaskOf([4], SEQUENCE),
      padding,
    });
    expect(Math.abs(valueOf(full) - valueOf(alone))).toBeLessThan(ROUNDING);
  });
});
