import type { Progress } from '@retort/plugin-kit';

/** Seconds over which a rate is averaged: long enough to be calm, short enough to follow a change of speed. */
const WINDOW_SECONDS = 20;

/** Rate of a stage's progress over the last seconds. A stage that resumes or starts on something else starts anew. */
export class RateMeter {
  #samples: { readonly done: number; readonly seconds: number }[] = [];
  #work = '';

  /** @param seconds since the stage began */
  add(progress: Progress, seconds: number): void {
    const work = `${progress.unit}/${progress.total}`;
    const last = this.#samples.at(-1);
    if (work !== this.#work || (last && progress.done < last.done)) this.#samples = [];
    this.#work = work;
    this.#samples.push({ done: progress.done, seconds });
    while (this.#samples.length > 2 && seconds - (this.#samples[1]?.seconds ?? seconds) > WINDOW_SECONDS)
      this.#samples.shift();
  }

  /** Units a second; undefined until there is something to measure. */
  get perSecond(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.seconds <= first.seconds) return undefined;
    return (last.done - first.done) / (last.seconds - first.seconds);
  }
}
