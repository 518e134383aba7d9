import { suggestion, UsageError } from '@retort/foundation/diagnostics';

/** How far two numbers may lie apart. They agree when either holds. */
export interface Tolerance {
  /** In the numbers' own unit. */
  readonly absolute: number;
  /** Of the larger magnitude; for a tensor, of its largest magnitude. */
  readonly relative: number;
}

/** What counts as the same result where bytes differ. */
export interface Tolerances {
  /** Losses and scores, and the figures of reports. */
  readonly metrics: Tolerance;
  /** Each tensor of a model. */
  readonly weights: Tolerance;
  /** Each column of a teacher's stored answers; float16 keeps three digits. */
  readonly signals: Tolerance;
}

/**
 * Another processor adds in another order, and every step of training carries that on. These leave room for some thousand
 * steps of it, and for nothing that would change a conclusion. See docs/decisions/reproduction-tolerances.md.
 */
export const DEFAULT_TOLERANCES: Tolerances = {
  metrics: { absolute: 0.01, relative: 0.02 },
  weights: { absolute: 0.001, relative: 0.01 },
  signals: { absolute: 0.01, relative: 0.01 },
};

/**
 * Reads `weights.relative=0.05`, over the defaults.
 *
 * @throws UsageError REPRODUCE_TOLERANCE for a name that is none, or a value that is no number from 0
 */
export function readTolerances(given: readonly string[]): Tolerances {
  const tolerances = structuredClone(DEFAULT_TOLERANCES) as unknown as Record<string, Record<string, number>>;
  for (const text of given) {
    const [, group = '', bound = '', value = ''] = /^(\w+)\.(\w+)=(.+)$/.exec(text) ?? [];
    const known = Object.entries(tolerances).flatMap(([name, bounds]) =>
      Object.keys(bounds).map((b) => `${name}.${b}`),
    );
    if (!known.includes(`${group}.${bound}`)) {
      throw new UsageError(
        'REPRODUCE_TOLERANCE',
        `"${text}" names no known tolerance.${suggestion(`${group}.${bound}`, known)} Expected, for example, weights.relative=0.05.`,
      );
    }
    const number = Number(value);
    if (!(number >= 0 && Number.isFinite(number)))
      throw new UsageError('REPRODUCE_TOLERANCE', `Expected a number of at least 0 in "${text}", got "${value}".`);
    (tolerances[group] as Record<string, number>)[bound] = number;
  }
  return tolerances as unknown as Tolerances;
}

export function isWithin({ absolute, relative }: Measured, tolerance: Tolerance): boolean {
  return absolute <= tolerance.absolute || relative <= tolerance.relative;
}

/** How far two things lie apart; infinite when they cannot be subtracted. */
export interface Measured {
  readonly absolute: number;
  readonly relative: number;
}

export function measureNumbers(before: number, after: number): Measured {
  if (Object.is(before, after)) return { absolute: 0, relative: 0 };
  const absolute = Math.abs(after - before);
  const scale = Math.max(Math.abs(before), Math.abs(after));
  return Number.isFinite(absolute)
    ? { absolute, relative: scale === 0 ? 0 : absolute / scale }
    : { absolute: Number.POSITIVE_INFINITY, relative: Number.POSITIVE_INFINITY };
}

/** The largest difference of two arrays of one length, and its part of the largest magnitude in them. */
export function measureArrays(before: ArrayLike<number>, after: ArrayLike<number>): Measured {
  if (before.length !== after.length) return { absolute: Number.POSITIVE_INFINITY, relative: Number.POSITIVE_INFINITY };
  let absolute = 0;
  let scale = 0;
  for (let i = 0; i < before.length; i++) {
    const [a, b] = [before[i] as number, after[i] as number];
    const difference = Object.is(a, b) ? 0 : Math.abs(a - b);
    if (!(difference <= absolute)) absolute = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
    scale = Math.max(scale, Math.abs(a), Math.abs(b));
  }
  return { absolute, relative: absolute === 0 ? 0 : Number.isFinite(absolute) ? absolute / scale : absolute };
}
