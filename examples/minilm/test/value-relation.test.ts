// Makes tfjs compute and differentiate: the pure JavaScript backend, and the gradients, which tfjs-core alone does not register.
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import type { Comparison, LossTerm, TermInput } from '@retort/plugin-kit/losses';
import { grad, type Scalar, type Tensor, type Tensor4D, tensor2d, tensor4d } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { valueRelation, values } from '../src/index.ts';

/** [batch][head][position][unit] */
type Vectors = readonly (readonly (readonly (readonly number[])[])[])[];

const LENGTHS = [4, 2];
const LENGTH = 4;

/** Numbers without a pattern, between -1 and 1. */
function vectorsOf(heads: number, size: number, seed: number): Vectors {
  const at = (...place: number[]) => Math.sin(seed + place.reduce((sum, index, i) => sum + index * (i * 7.3 + 1.7), 0));
  const times = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, i) => make(i));
  return times(LENGTHS.length, (b) =>
    times(heads, (h) => times(LENGTH, (p) => times(size, (unit) => at(b, h, p, unit)))),
  );
}

/** The term on one batch, as a training step computes it. */
function lossOf(student: Tensor4D, teacher: Tensor4D, settings: object = {}): Scalar {
  const given = (tensor: Tensor4D) => (() => tensor) as Comparison['student'];
  const keyMask = tensor2d(LENGTHS.map((length) => Array.from({ length: LENGTH }, (_, i) => (i < length ? 1 : 0))));
  const input = {
    settings: { padding: 'masked', ...settings },
    mask: { keyMask },
    overComparisons: (loss: (comparison: Comparison) => Scalar) =>
      loss({ student: given(student), teacher: given(teacher) }),
  };
  return (valueRelation as LossTerm).loss(input as unknown as TermInput<never>);
}

const valueOf = (tensor: Tensor) => tensor.dataSync()[0] as number;
const tensorOf = (vectors: Vectors) => tensor4d(vectors as number[][][][]);

/** The formula of the paper, in double precision and without tensors: heads and real tokens count alike. */
function byHand(student: Vectors, teacher: Vectors): number {
  const relation = (vectors: Vectors, b: number, h: number, query: number): number[] => {
    const head = vectors[b]?.[h] ?? [];
    const from = head[query] ?? [];
    const products = head
      .slice(0, LENGTHS[b])
      .map((to) => Math.exp(to.reduce((sum, unit, i) => sum + unit * (from[i] as number), 0) / Math.sqrt(to.length)));
    const all = products.reduce((a, c) => a + c, 0);
    return products.map((product) => product / all);
  };
  let sum = 0;
  let count = 0;
  for (const [b, length] of LENGTHS.entries())
    for (const h of (student[b] ?? []).keys())
      for (let query = 0; query < length; query++, count++) {
        const q = relation(student, b, h, query);
        for (const [key, p] of relation(teacher, b, h, query).entries()) sum += p * Math.log(p / (q[key] as number));
      }
  return sum / count;
}

/** Heads of another number: units side by side, cut anew. */
function divided(vectors: Vectors, heads: number): Vectors {
  return vectors.map((row) => {
    const positions = (row[0] ?? []).map((_, p) => row.flatMap((head) => head[p] ?? []));
    const size = (positions[0]?.length ?? 0) / heads;
    return Array.from({ length: heads }, (_, h) => positions.map((units) => units.slice(h * size, (h + 1) * size)));
  });
}

describe('the value relation', () => {
  it('is the formula of the paper, whatever the head sizes of both models', () => {
    const [student, teacher] = [vectorsOf(2, 3, 1), vectorsOf(2, 6, 5)];
    const expected = byHand(student, teacher);
    expect(expected).toBeGreaterThan(0.01);
    expect(valueOf(lossOf(tensorOf(student), tensorOf(teacher)))).toBeCloseTo(expected, 6);
  });

  it('divides values into relation heads, so that models with other heads can be compared', () => {
    const [student, teacher] = [vectorsOf(3, 4, 2), vectorsOf(2, 8, 3)];
    const expected = byHand(divided(student, 4), divided(teacher, 4));
    const loss = lossOf(tensorOf(student), tensorOf(teacher), { relationHeads: 4 });
    expect(valueOf(loss)).toBeCloseTo(expected, 6);
  });

  it('is 0 for a student with the relations of its teacher', () => {
    const same = tensorOf(vectorsOf(2, 4, 9));
    expect(valueOf(lossOf(same, same))).toBeCloseTo(0, 7);
  });

  it.each([{}, { relationHeads: 3 }])('has the gradient of finite differences, with %j', (settings) => {
    const [vectors, teacher] = [vectorsOf(2, 3, 4), tensorOf(vectorsOf(2, 6, 7))];
    const student = tensorOf(vectors);
    const got = grad((tensor) => lossOf(tensor as Tensor4D, teacher, settings))(student).dataSync();
    const [numbers, step] = [student.dataSync(), 1e-2];
    const moved = (i: number, change: number) => {
      const changed = Float32Array.from(numbers);
      changed[i] = (changed[i] as number) + change;
      return valueOf(lossOf(tensor4d(changed, student.shape), teacher, settings));
    };
    const expected = Array.from(numbers, (_, i) => (moved(i, step) - moved(i, -step)) / (2 * step));
    const scale = Math.max(...expected.map(Math.abs));
    expect(scale).toBeGreaterThan(1e-3);
    for (const [i, value] of expected.entries())
      expect(Math.abs(value - (got[i] as number))).toBeLessThan(2e-3 * scale);
  });

  it('tells heads that do not fit before anything runs', () => {
    const [student, teacher] = [
      { layers: 2, hiddenSize: 12, heads: 2 },
      { layers: 4, hiddenSize: 24, heads: 3 },
    ];
    const problems = (settings: object) =>
      valueRelation.problems?.({ settings: settings as never, student, teacher }).map(({ message }) => message);
    expect(problems({})).toMatchInlineSnapshot(`
      [
        "Values are compared head by head, but the student has 2 heads and the teacher 3. Set relationHeads to a number that divides both hidden sizes.",
      ]
    `);
    expect(problems({ relationHeads: 8 })).toMatchInlineSnapshot(`
      [
        "The values of the student cannot be divided into 8 relation heads: its hidden size is 12. Use a number that divides it.",
      ]
    `);
    expect(problems({ relationHeads: 6 })).toEqual([]);
    expect(values.of({ hiddenStates: [], attentionScores: [], queries: [], keys: [], values: [] }, 1)).toBeUndefined();
  });
});
