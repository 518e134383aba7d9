import type { Measurement } from '@retort/lab';

export type Spread = Pick<Measurement, 'value' | 'repetitions' | 'lowest' | 'highest'>;

/** Milliseconds that `body` took, each time, after `warmUps` times that do not count. */
export async function repeat(
  { repetitions, warmUps = 1 }: { repetitions: number; warmUps?: number },
  body: (repetition: number) => Promise<void>,
): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < warmUps + repetitions; i++) {
    const milliseconds = await timed(() => body(i));
    if (i >= warmUps) times.push(milliseconds);
  }
  return times;
}

export async function timed(body: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await body();
  return performance.now() - start;
}

/** Median, least and most. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] as number;
  const middle = (sorted.length - 1) / 2;
  return {
    value: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    repetitions: sorted.length,
    lowest: at(0),
    highest: at(sorted.length - 1),
  };
}

/** Of `work` units done in each of these times, units per second. */
export function rateOf(work: number, milliseconds: readonly number[]): Spread {
  return spreadOf(milliseconds.map((time) => (work / time) * 1000));
}
