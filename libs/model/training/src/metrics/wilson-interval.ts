import { RetortError } from '@retort/foundation/diagnostics';
import type { Interval } from './interval.ts';

/** Standard deviations of a normal distribution on both sides of its mean that hold this share of it. */
const DEVIATIONS = { 0.9: 1.6448536269514722, 0.95: 1.959963984540054, 0.99: 2.5758293035489004 } as const;

export function isWilsonConfidence(confidence: number): confidence is keyof typeof DEVIATIONS {
  return confidence in DEVIATIONS;
}

export interface Proportion {
  readonly successes: number;
  readonly trials: number;
  readonly confidence?: keyof typeof DEVIATIONS;
}

/**
 * A proportion, such as an accuracy, with Wilson's score interval (without continuity correction). Unlike the textbook
 * ± 1.96 standard errors it stays within 0…1 and has a width where everything is right.
 */
export function wilsonInterval({ successes, trials, confidence = 0.95 }: Proportion): Interval {
  if (!(trials > 0) || successes < 0 || successes > trials) {
    throw new RetortError(
      'EVALUATION_BAD_PROPORTION',
      `A proportion needs 0 <= successes <= trials and trials > 0, got ${successes} of ${trials}.`,
    );
  }
  const z = DEVIATIONS[confidence];
  const value = successes / trials;
  const shrink = 1 + (z * z) / trials;
  const center = (value + (z * z) / (2 * trials)) / shrink;
  const half = (z * Math.sqrt((value * (1 - value)) / trials + (z * z) / (4 * trials * trials))) / shrink;
  return { value, low: successes === 0 ? 0 : center - half, high: successes === trials ? 1 : center + half };
}
