/** Weight of the newest value in the running means that are shown while training. */
const SMOOTHING = 0.05;

export interface RunningMeansState {
  readonly values: Readonly<Record<string, number>>;
  readonly count: number;
}

/** Exponential means of named values, such as the terms of a loss. */
export class RunningMeans {
  readonly values: Record<string, number>;
  #count: number;

  constructor({ values, count }: RunningMeansState = { values: {}, count: 0 }) {
    this.values = { ...values };
    this.#count = count;
  }

  get state(): RunningMeansState {
    return { values: { ...this.values }, count: this.#count };
  }

  add(values: Readonly<Record<string, number>>): void {
    this.#count += 1;
    // The first values weigh as much as there are of them, so that the mean does not start at a single batch's value.
    const weight = Math.max(SMOOTHING, 1 / this.#count);
    for (const [name, value] of Object.entries(values))
      this.values[name] = (this.values[name] ?? value) * (1 - weight) + value * weight;
  }
}
