import { Answers, logits as logitsSignal } from '@retort/distillation/signals';
import { type AnswerSample, int8ErrorOf, int8Warnings } from '@retort/training';
import { expect, it } from 'vitest';

/** One logit for each of four rows, in two batches. */
function sample(...logits: [number, number, number, number]): AnswerSample {
  const batch = (values: number[]) => {
    const sampled = { values: Float32Array.from(values), offsets: Int32Array.of(0, 1, 2), width: 1 };
    return new Answers([[{ signal: logitsSignal }, sampled]]);
  };
  return { rows: 4, batches: [batch(logits.slice(0, 2)), batch(logits.slice(2))] };
}

it('what int8 costs is a part of what tells rows apart, not of what they have in common', () => {
  const errorAround = (common: number) => {
    const [a, b, c, d] = [common - 0.1, common, common + 0.1, common];
    return int8ErrorOf({ float32: sample(a, b, c, d), int8: sample(a + 0.1, b - 0.1, c, d) });
  };
  expect(errorAround(0)['logits']).toBeCloseTo(1, 5);
  expect(errorAround(3)['logits']).toBeCloseTo(1, 4);
  expect(int8Warnings(errorAround(3))).toEqual([expect.stringContaining('logits by 100 % of the spread, on 4 rows')]);
});

it('a small cost is no warning, and one that is no number is', () => {
  expect(int8Warnings({ rows: 4, logits: 0.05, hiddenStates: 0.1 })).toEqual([]);
  expect(int8Warnings({ rows: 4, logits: Number.NaN })).toHaveLength(1);
});
