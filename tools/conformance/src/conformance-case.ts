import type { Engine } from '@retort/engine';
import type { Tolerance } from './tolerances.ts';

/** Arrays by name: outputs, losses, gradients. */
export type Results = Readonly<Record<string, ArrayLike<number>>>;

/** Something that every engine must compute as the oracle, the engine `cpu`, does. */
export interface ConformanceCase {
  readonly name: string;
  readonly tolerance: Tolerance;
  readonly compute: (engine: Engine) => Promise<Results>;
}

export interface Difference {
  /** Of the array that is furthest off. */
  readonly name: string;
  /** In units of what the tolerance says. 0 where all are equal, infinite where names or lengths differ or a value is not finite. */
  readonly size: number;
}

export function worstDifference(got: Results, expected: Results, { floor }: Tolerance): Difference {
  const names = Object.keys(expected);
  const other = Object.keys(got).find((name) => !(name in expected)) ?? names.find((name) => !(name in got));
  if (other !== undefined) return { name: other, size: Number.POSITIVE_INFINITY };
  const least = floor * Math.max(...names.map((name) => largest(expected[name] as ArrayLike<number>)));
  return names
    .map((name) => ({
      name,
      size: difference(got[name] as ArrayLike<number>, expected[name] as ArrayLike<number>, least),
    }))
    .reduce((worst, each) => (each.size > worst.size ? each : worst), { name: '', size: 0 });
}

function difference(got: ArrayLike<number>, expected: ArrayLike<number>, least: number): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const apart = Math.abs((got[i] as number) - (expected[i] as number));
    if (!Number.isFinite(apart)) return Number.POSITIVE_INFINITY;
    worst = Math.max(worst, apart);
  }
  return worst === 0 ? 0 : worst / Math.max(least, largest(expected));
}

/** Of the sizes of an array's values. */
export function largest(values: ArrayLike<number>): number {
  let found = 0;
  for (let i = 0; i < values.length; i++) found = Math.max(found, Math.abs(values[i] as number));
  return found;
}
