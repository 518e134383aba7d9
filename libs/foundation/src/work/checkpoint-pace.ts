/** Of the time that a stage takes, at most this part goes into checkpoints that are due by time. */
const MOST_OF_TIME = 1 / 20;

export interface PaceSettings {
  readonly everySeconds: number;
  readonly everySteps?: number | undefined;
}

/** When the next checkpoint is due: after so many steps, or so much time, and the more rarely the longer one takes. */
export class CheckpointPace {
  readonly #settings: PaceSettings;
  #step = 0;
  #at: number;
  #tookSeconds = 0;

  /** @param now seconds of a clock that does not go back, as in all methods */
  constructor(settings: PaceSettings, now: number) {
    this.#settings = settings;
    this.#at = now;
  }

  /** The step that was saved last. */
  get step(): number {
    return this.#step;
  }

  isDue(step: number, now: number): boolean {
    if (step <= this.#step) return false;
    const { everySeconds, everySteps = Number.POSITIVE_INFINITY } = this.#settings;
    return (
      step - this.#step >= everySteps || now - this.#at >= Math.max(everySeconds, this.#tookSeconds / MOST_OF_TIME)
    );
  }

  saved(step: number, { from, to }: { from: number; to: number }): void {
    this.#step = step;
    this.#at = to;
    this.#tookSeconds = to - from;
  }

  resumed(step: number, now: number): void {
    this.#step = step;
    this.#at = now;
  }
}
