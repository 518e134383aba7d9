import { type Answer, answerName, type TeacherSignal } from './signal.ts';

/** Answers about the same rows, by signal and layer: tensors, arrays of the host, or whatever else belongs to each. */
export class Answers<T> implements Iterable<readonly [Answer, T]> {
  readonly #byName: ReadonlyMap<string, readonly [Answer, T]>;

  constructor(answers: Iterable<readonly [Answer, T]>) {
    this.#byName = new Map(Array.from(answers, (entry) => [answerName(entry[0]), entry]));
  }

  get(signal: TeacherSignal, layer?: number): T | undefined {
    return this.#byName.get(answerName({ signal, ...(layer === undefined ? {} : { layer }) }))?.[1];
  }

  map<U>(change: (value: T, answer: Answer) => U): Answers<U> {
    return new Answers(Array.from(this, ([answer, value]) => [answer, change(value, answer)] as const));
  }

  /** As a program's inputs or results, or a table's columns have them: `hiddenStates.3`, each after the prefix. */
  named(prefix = ''): Record<string, T> {
    return Object.fromEntries(Array.from(this, ([answer, value]) => [prefix + answerName(answer), value]));
  }

  /** The way back from `named`; answers that are not there are left out. */
  static fromNamed<T>(answers: readonly Answer[], named: Readonly<Record<string, T>>, prefix = ''): Answers<T> {
    return new Answers(
      answers.flatMap((answer) => {
        const value = named[prefix + answerName(answer)];
        return value === undefined ? [] : [[answer, value] as const];
      }),
    );
  }

  [Symbol.iterator](): Iterator<readonly [Answer, T]> {
    return this.#byName.values();
  }
}
