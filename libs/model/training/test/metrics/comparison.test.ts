import { REGRESSION, type Task } from '@retort/foundation/task';
import {
  accuracy,
  bootstrapInterval,
  constantAnswerScore,
  exactMatch,
  f1Score,
  type Interval,
  type Metric,
  macroF1Score,
  macroLabelF1Score,
  matthewsCorrelation,
  meanSquaredError,
  microF1Score,
  pairedBootstrap,
  pearsonCorrelation,
  teacherRetention,
} from '@retort/training/metrics';
import { array, assert, constantFrom, integer, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import fixtures from './fixtures/metrics.json';

const { labels, system, baseline, ...expected } = fixtures.bootstrap;
/** SciPy drew other rows: ends of an interval from 4,000 resamples of 300 rows are known to about half a point. */
const DRAW = 0.01;

function expectClose(got: Interval, { low, high }: { low: number; high: number }): void {
  expect(Math.abs(got.low - low)).toBeLessThan(DRAW);
  expect(Math.abs(got.high - high)).toBeLessThan(DRAW);
}

describe('bootstrapInterval', () => {
  it('is as wide as that of SciPy', () => {
    const options = { seed: 1, resamples: 4000 };
    const scored = { labels, predictions: system };
    expectClose(bootstrapInterval(scored, { ...options, metric: accuracy }), expected.accuracy);
    expectClose(bootstrapInterval(scored, { ...options, metric: matthewsCorrelation }), expected.matthews);
  });

  it('has the score itself as its value, and is narrower at less confidence', () => {
    const scored = { labels, predictions: system };
    const wide = bootstrapInterval(scored, { metric: accuracy, seed: 1 });
    const narrow = bootstrapInterval(scored, { metric: accuracy, seed: 1, confidence: 0.5 });
    expect(wide.value).toBe(accuracy(scored));
    expect(wide.low).toBeLessThan(narrow.low);
    expect(narrow.low).toBeLessThan(narrow.high);
    expect(narrow.high).toBeLessThan(wide.high);
  });

  it('is the same for the same seed only', () => {
    const of = (seed: number) => bootstrapInterval({ labels, predictions: system }, { metric: f1Score, seed });
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  it('leaves out resamples that have no score', () => {
    // Of three rows, one resample in nine draws the same row three times, and then nothing varies.
    const found = bootstrapInterval(
      { labels: [1, 2, 3], predictions: [1, 2, 4] },
      { metric: pearsonCorrelation, seed: 1 },
    );
    expect(found.low).toBeGreaterThan(0.9);
    expect(found.high).toBeLessThanOrEqual(1);
    const constant = bootstrapInterval(
      { labels: [1, 2], predictions: [3, 3] },
      { metric: pearsonCorrelation, seed: 1 },
    );
    expect(constant).toEqual({ value: Number.NaN, low: Number.NaN, high: Number.NaN });
  });
});

describe('pairedBootstrap', () => {
  const options = { metric: accuracy, seed: 1, resamples: 4000 };

  it('is as wide as that of SciPy', () => {
    expectClose(pairedBootstrap({ labels, system, baseline }, options).difference, expected.difference);
  });

  it('is narrower than two intervals on their own, since most rows are alike for both', () => {
    const { difference } = pairedBootstrap({ labels, system, baseline }, options);
    const alone = bootstrapInterval({ labels, predictions: system }, options);
    expect(difference.high - difference.low).toBeLessThan(Math.SQRT2 * (alone.high - alone.low));
  });

  it('finds no difference between a system and itself', () => {
    const found = pairedBootstrap({ labels, system, baseline: system }, options);
    expect(found).toEqual({ difference: { value: 0, low: 0, high: 0 }, shareHigher: 0.5 });
  });

  it('is sure of the gold labels', () => {
    const { difference, shareHigher } = pairedBootstrap({ labels, system: labels, baseline: system }, options);
    expect(difference.low).toBeGreaterThan(0);
    expect(shareHigher).toBe(1);
  });

  it('refuses a baseline of other rows', () => {
    expect(() => pairedBootstrap({ labels, system, baseline: [1] }, options)).toThrow();
  });
});

describe('teacherRetention', () => {
  it('counts from nothing, and from a constant answer', () => {
    expect(teacherRetention({ student: 0.8, teacher: 0.9, constant: 0.5 })).toEqual({
      ofTeacher: expect.closeTo(0.8889, 4),
      aboveMajority: expect.closeTo(0.75, 10),
    });
  });

  it('is not defined of a teacher that has learned nothing', () => {
    expect(teacherRetention({ student: 0.5, teacher: 0.4, constant: 0.5 }).aboveMajority).toBeUndefined();
    expect(teacherRetention({ student: 0.1, teacher: -0.1, constant: 0 }).ofTeacher).toBeUndefined();
  });
});

describe('the best constant answer', () => {
  const CLASSES: Task = { kind: 'classes', labels: ['a', 'b', 'c', 'd'] };
  const SEVERAL: Task = { kind: 'multi-label', labels: ['a', 'b', 'c'] };

  /** The best of all answers that are the same for every row, by trying each. */
  function bestOf(answers: readonly number[][], labels: readonly number[], metric: Metric): number {
    const scores = answers.map((answer) =>
      metric({ labels, predictions: labels.map((_, i) => answer[i % answer.length] as number) }),
    );
    return Math.max(...scores);
  }

  it('of classes is as good as any, by every metric', () => {
    const metrics = constantFrom<Metric>(accuracy, macroF1Score, matthewsCorrelation);
    assert(
      property(array(integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 30 }), metrics, (gold, metric) => {
        expect(constantAnswerScore(gold, { task: CLASSES, metric })).toBeCloseTo(
          bestOf([[0], [1], [2], [3]], gold, metric),
          12,
        );
      }),
    );
    assert(
      property(array(integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 30 }), (gold) => {
        expect(constantAnswerScore(gold, { task: CLASSES, metric: f1Score })).toBeCloseTo(
          bestOf([[0], [1]], gold, f1Score),
          12,
        );
      }),
    );
  });

  it('of several labels is as good as any set of them, by every metric', () => {
    const width = 3;
    const sets = Array.from({ length: 2 ** width }, (_, bits) => [bits & 1, (bits >> 1) & 1, (bits >> 2) & 1]);
    const metrics = constantFrom<Metric>(
      (scored) => microF1Score(scored, width),
      (scored) => macroLabelF1Score(scored, width),
      (scored) => exactMatch(scored, width),
    );
    const flag = integer({ min: 0, max: 1 });
    assert(
      property(array(tuple(flag, flag, flag), { minLength: 1, maxLength: 20 }), metrics, (rows, metric) => {
        const gold = rows.flat();
        expect(constantAnswerScore(gold, { task: SEVERAL, metric })).toBeCloseTo(bestOf(sets, gold, metric), 12);
      }),
    );
  });

  it('of numbers has the least error, by the mean or by the median', () => {
    const distance = ({ labels, predictions }: Parameters<Metric>[0]) =>
      Array.from(labels).reduce((sum, label, i) => sum + Math.abs(label - (predictions[i] as number)), 0);
    const gold = [1, 2, 9];
    const best = (metric: Metric) => constantAnswerScore(gold, { task: REGRESSION, metric, better: 'lower' });
    expect(best(distance)).toBe(8);
    expect(best(meanSquaredError)).toBeCloseTo((9 + 4 + 25) / 3, 12);
  });

  it('of numbers is 0, since a constant has no correlation', () => {
    expect(constantAnswerScore([0.5, 1.5, -2], { task: REGRESSION, metric: pearsonCorrelation })).toBe(0);
  });
});
