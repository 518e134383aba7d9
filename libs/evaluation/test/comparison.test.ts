import {
  accuracy,
  bootstrapInterval,
  f1Score,
  type Interval,
  majorityClass,
  majorityScore,
  matthewsCorrelation,
  pairedBootstrap,
  pearsonCorrelation,
  teacherRetention,
} from '@retort/evaluation';
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
  it('counts from nothing, and from the majority class', () => {
    expect(teacherRetention({ student: 0.8, teacher: 0.9, majority: 0.5 })).toEqual({
      ofTeacher: expect.closeTo(0.8889, 4),
      aboveMajority: expect.closeTo(0.75, 10),
    });
  });

  it('is not defined of a teacher that has learned nothing', () => {
    expect(teacherRetention({ student: 0.5, teacher: 0.4, majority: 0.5 }).aboveMajority).toBeUndefined();
    expect(teacherRetention({ student: 0.1, teacher: -0.1, majority: 0 }).ofTeacher).toBeUndefined();
  });
});

describe('the majority class', () => {
  it('is the most frequent, and its score that of answering nothing else', () => {
    expect(majorityClass([0, 1, 2, 1])).toBe(1);
    expect(majorityClass([1, 0])).toBe(0);
    expect(majorityScore([0, 1, 2, 1], accuracy)).toBe(0.5);
    expect(majorityScore([0, 1, 2, 1], matthewsCorrelation)).toBe(0);
  });
});
