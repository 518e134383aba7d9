import {
  bootstrapInterval,
  classScores,
  confusionMatrix,
  exactMatch,
  labelScores,
  macroLabelF1Score,
  microF1Score,
} from '@retort/training/metrics';
import { describe, expect, it } from 'vitest';
import fixtures from './fixtures/metrics.json';

/** Both sides are float64; what differs is the order of sums. */
const DIGITS = 12;

type Scores = readonly Readonly<Record<'precision' | 'recall' | 'f1' | 'support', number>>[];

function expectScores(got: Scores, expected: Scores): void {
  expect(got.length).toBe(expected.length);
  for (const [i, score] of expected.entries())
    for (const name of ['precision', 'recall', 'f1', 'support'] as const)
      expect(got[i]?.[name]).toBeCloseTo(score[name], DIGITS);
}

describe.each(fixtures.classReports)('$name, against scikit-learn', ({ classes, scores, confusion, ...scored }) => {
  it('precision, recall, F1 and support of each class', () => {
    expectScores(classScores(scored, classes), scores);
  });

  it('confusion', () => {
    expect(confusionMatrix(scored, classes)).toEqual(confusion);
  });
});

describe.each(fixtures.multiLabel)('$name, against scikit-learn', ({ width, scores, ...expected }) => {
  it('micro and macro F1, exact match', () => {
    expect(microF1Score(expected, width)).toBeCloseTo(expected.microF1, DIGITS);
    expect(macroLabelF1Score(expected, width)).toBeCloseTo(expected.macroF1, DIGITS);
    expect(exactMatch(expected, width)).toBeCloseTo(expected.exactMatch, DIGITS);
  });

  it('precision, recall, F1 and support of each label', () => {
    expectScores(labelScores(expected, width), scores);
  });
});

describe('the bootstrap of several labels a row', () => {
  const width = 3;
  // Rows are right in all labels or in none, so that a draw of single labels would narrow the interval.
  const labels = Array.from({ length: 40 }, (_, row) => [1, row % 2, 1]).flat();
  const predictions = labels.map((label, i) => (Math.floor(i / width) % 4 === 0 ? 1 - label : label));
  const metric = (scored: { labels: ArrayLike<number>; predictions: ArrayLike<number> }) => exactMatch(scored, width);

  it('draws whole rows', () => {
    const { value, low, high } = bootstrapInterval(
      { labels, predictions },
      { metric, seed: 1, width, resamples: 2000 },
    );
    expect(value).toBe(0.75);
    // Normal approximation: 0.75 ± 1.96 · √(0.75 · 0.25 / 40) = 0.616 … 0.884.
    expect(Math.abs(low - 0.616)).toBeLessThan(0.03);
    expect(Math.abs(high - 0.884)).toBeLessThan(0.03);
  });
});
