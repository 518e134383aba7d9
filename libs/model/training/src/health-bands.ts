import type { Progress, Work } from '@retort/foundation/work';

/** What a term is expected to be when a part of training is done. */
export interface BandPoint {
  /** Part of training, 0 to 1. */
  readonly at: number;
  readonly low: number;
  readonly high: number;
}

/** Expected ranges by term (or `loss`), each ascending in `at`; in between they are interpolated. */
export type HealthBands = Readonly<Record<string, readonly BandPoint[]>>;

export type Range = readonly [low: number, high: number];

/** The range at a part of training; undefined before the first point, where nothing is expected yet. */
export function bandAt(points: readonly BandPoint[], fraction: number): Range | undefined {
  const next = points.findIndex(({ at }) => at > fraction);
  const [before, after] = next < 0 ? [points.at(-1), points.at(-1)] : [points[next - 1], points[next]];
  if (before === undefined || after === undefined) return undefined;
  const share = after.at === before.at ? 0 : (fraction - before.at) / (after.at - before.at);
  return [before.low + share * (after.low - before.low), before.high + share * (after.high - before.high)];
}

/** Tells beside running means what is expected of them, and warns once of each that is outside. */
export class HealthCheck {
  readonly #bands: HealthBands;
  readonly #warn: Work['warn'];
  readonly #warned = new Set<string>();

  constructor(bands: HealthBands, warn: Work['warn']) {
    this.#bands = bands;
    this.#warn = warn;
  }

  /** @returns ranges of the values that have one by now, to be shown beside them */
  check(values: Readonly<Record<string, number>>, fraction: number): Pick<Progress, 'expected'> {
    const ranges: Record<string, Range> = {};
    for (const [name, points] of Object.entries(this.#bands)) {
      const range = bandAt(points, fraction);
      const value = values[name];
      if (range === undefined || value === undefined) continue;
      ranges[name] = range;
      if (value < range[0] || value > range[1]) this.#warnOf(name, { value, range, fraction });
    }
    return Object.keys(ranges).length > 0 ? { expected: ranges } : {};
  }

  #warnOf(name: string, { value, range, fraction }: { value: number; range: Range; fraction: number }): void {
    if (this.#warned.has(name)) return;
    this.#warned.add(name);
    const [low, high] = range.map((bound) => bound.toPrecision(3));
    this.#warn(
      `After ${Math.round(100 * fraction)} % of training ${name} is ${value.toPrecision(3)}; in published runs with these settings it was ${low} to ${high}. Check the teacher, its tokens and the learning rate.`,
    );
  }
}
