import {
  accuracy,
  f1Score,
  latencySummary,
  macroF1Score,
  matthewsCorrelation,
  meanSquaredError,
  pearsonCorrelation,
  quantile,
  spearmanCorrelation,
  wilsonInterval,
} from '@retort/training/metrics';
import { describe, expect, it } from 'vitest';
import fixtures from './fixtures/metrics.json';

/** Both sides are float64; what differs is the order of sums. */
const DIGITS = 12;

describe.each(fixtures.classification)('$name, against scikit-learn', (expected) => {
  it.each([
    ['accuracy', accuracy],
    ['f1', f1Score],
    ['macroF1', macroF1Score],
    ['matthews', matthewsCorrelation],
  ] as const)('%s', (name, metric) => {
    expect(metric(expected)).toBeCloseTo(expected[name], DIGITS);
  });
});

describe.each(fixtures.regression)('$name, against SciPy', (expected) => {
  it.each([
    ['pearson', pearsonCorrelation],
    ['spearman', spearmanCorrelation],
    ['meanSquaredError', meanSquaredError],
  ] as const)('%s', (name, metric) => {
    expect(metric(expected)).toBeCloseTo(expected[name], DIGITS);
  });
});

describe('metrics', () => {
  it('take typed arrays', () => {
    const scored = { labels: Int32Array.of(0, 1, 1), predictions: Int32Array.of(0, 1, 0) };
    expect(accuracy(scored)).toBeCloseTo(2 / 3, DIGITS);
    expect(matthewsCorrelation(scored)).toBeCloseTo(0.5, DIGITS);
  });

  it('have no correlation with a constant', () => {
    const scored = { labels: [1, 2, 3], predictions: [0.1, 0.1, 0.1] };
    expect(pearsonCorrelation(scored)).toBeNaN();
    expect(spearmanCorrelation(scored)).toBeNaN();
  });

  it.each([
    accuracy,
    f1Score,
    macroF1Score,
    matthewsCorrelation,
    pearsonCorrelation,
    spearmanCorrelation,
    meanSquaredError,
  ])('%o refuses rows that do not fit, and none', (metric) => {
    expect(() => metric({ labels: [1, 0], predictions: [1] })).toThrow();
    expect(() => metric({ labels: [], predictions: [] })).toThrow();
  });

  it('say what is wrong with the rows', () => {
    expect(() => accuracy({ labels: [1, 0], predictions: [1] })).toThrowErrorMatchingInlineSnapshot(
      `[RetortError: A score needs one prediction for each label: got 2 labels and 1 predictions.]`,
    );
    expect(() => accuracy({ labels: [], predictions: [] })).toThrowErrorMatchingInlineSnapshot(
      `[RetortError: A score needs at least one row, got none.]`,
    );
  });
});

describe('wilsonInterval', () => {
  it.each(fixtures.wilson)('of $successes of $trials at $confidence, against SciPy', (expected) => {
    const { low, high } = wilsonInterval({ ...expected, confidence: expected.confidence as 0.9 | 0.95 | 0.99 });
    expect(low).toBeCloseTo(expected.low, DIGITS);
    expect(high).toBeCloseTo(expected.high, DIGITS);
  });

  it.each([
    [1, 0],
    [3, 2],
    [-1, 2],
  ])('refuses %i of %i', (successes, trials) => {
    expect(() => wilsonInterval({ successes, trials })).toThrow(
      expect.objectContaining({ code: 'EVALUATION_BAD_PROPORTION' }),
    );
  });
});

describe('quantile', () => {
  it.each(fixtures.quantiles)('is that of NumPy: case %#', ({ values, shares, quantiles }) => {
    const sorted = Float64Array.from(values).sort();
    shares.forEach((share, i) => expect(quantile(sorted, share)).toBeCloseTo(quantiles[i] as number, DIGITS));
  });
});

describe('latencySummary', () => {
  it('sorts, and interpolates percentiles', () => {
    expect(latencySummary([4, 1, 3, 2, 10])).toEqual({
      count: 5,
      mean: 4,
      minimum: 1,
      p50: 3,
      p90: expect.closeTo(7.6, DIGITS),
      p99: expect.closeTo(9.76, DIGITS),
      maximum: 10,
    });
  });

  it('refuses no measurements', () => {
    expect(() => latencySummary([])).toThrow(expect.objectContaining({ code: 'EVALUATION_NO_ROWS' }));
  });
});
