import { describe, expect, it } from 'vitest';
import { bestScoring, type CourseRow, isOutOfPatience } from './course.ts';
import { lossMeasure, type Measure } from './scorer.ts';

const ACCURACY: Measure = { name: 'accuracy', title: 'accuracy', format: 'percent', better: 'higher' };

/** Scorings at steps 0, 1, 2, …; undefined for a measure without a value, null for a row that was not scored. */
function courseOf(name: string, values: readonly (number | undefined | null)[]): CourseRow[] {
  return values.map((value, step) => ({
    step,
    epoch: step,
    seconds: step,
    losses: {},
    ...(value !== null && { scores: value === undefined ? {} : { [name]: value } }),
  }));
}

describe('the best weights', () => {
  const bestOf = (measure: Measure, values: Parameters<typeof courseOf>[1]) =>
    bestScoring(courseOf(measure.name, values), measure)?.step;

  it('are those of the highest score, or the lowest loss, and the earliest of equal ones', () => {
    expect(bestOf(ACCURACY, [0.9, 0.5, null, 0.8, 0.8, 0.7])).toBe(3);
    expect(bestOf(lossMeasure('loss'), [0.1, 2, 1, null, 1, 3])).toBe(2);
  });

  it('are never those before the first step, nor those without a score', () => {
    expect(bestOf(ACCURACY, [0.9, undefined, 0.1])).toBe(2);
    expect(bestOf(ACCURACY, [0.9, undefined])).toBeUndefined();
  });
});

describe('patience', () => {
  const isOver = (values: Parameters<typeof courseOf>[1], patience: number, minDelta?: number) =>
    isOutOfPatience(courseOf('accuracy', values), { patience, ...(minDelta !== undefined && { minDelta }) }, ACCURACY);

  it('ends after as many scorings without an improvement', () => {
    expect(isOver([0, 0.5, 0.6, 0.6], 2)).toBe(false);
    expect(isOver([0, 0.5, 0.6, 0.6, 0.5], 2)).toBe(true);
    expect(isOver([0, 0.5, 0.6, 0.6, 0.7], 2)).toBe(false);
  });

  it('counts only scorings, and one without a value as no improvement', () => {
    expect(isOver([0, 0.5, null, null, null], 2)).toBe(false);
    expect(isOver([0, 0.5, undefined, undefined], 2)).toBe(true);
    expect(isOver([0, undefined, 0.5], 2)).toBe(false);
  });

  it('does not count an improvement of at most minDelta, against the last one that counted', () => {
    expect(isOver([0, 0.5, 0.505, 0.509], 2, 0.01)).toBe(true);
    expect(isOver([0, 0.5, 0.505, 0.515], 2, 0.01)).toBe(false);
  });
});
