export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly notes?: string;
}

/** Median over `repetitions`, after three that do not count. */
export async function medianMilliseconds(repetitions: number, body: (repetition: number) => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let i = -3; i < repetitions; i++) {
    const start = performance.now();
    await body(i + 3);
    if (i >= 0) times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[repetitions >> 1] as number;
}
