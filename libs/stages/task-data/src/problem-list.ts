import { type Diagnostic, InvalidInputError } from '@retort/foundation/diagnostics';

/** Problems that are shown; of the others only the number. */
const SHOWN = 20;

/** Collects what is wrong with the files, so that a user sees all of it at once, without keeping a million lines. */
export class ProblemList {
  readonly #shown: Diagnostic[] = [];
  #count = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  add(problem: Diagnostic): void {
    this.#count += 1;
    if (this.#shown.length < SHOWN) this.#shown.push(problem);
  }

  throwIfAny(): void {
    if (this.#count === 0) return;
    const more = this.#count - this.#shown.length;
    const rest =
      more > 0 ? [{ code: 'TASK_DATA_MORE', message: `${more} more problems like these are not shown.` }] : [];
    throw new InvalidInputError([...this.#shown, ...rest]);
  }
}
