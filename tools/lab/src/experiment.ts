import type { Outcome } from './report/report.ts';

/** What every experiment gets. */
export interface LabContext {
  /** Absolute path of the checkout. */
  readonly workspace: string;
  /** A folder for whatever the experiment writes; removed afterwards. */
  readonly scratchFolder: string;
  /** One line of progress. */
  readonly say: (line: string) => void;
}

/** What a lab runs by name. */
export interface Experiment<Context extends LabContext = LabContext> {
  /** As typed on the command line. */
  readonly name: string;
  readonly description: string;
  /** Outcomes in the order in which they are shown. Rejects if the experiment could not be carried out, or with `Skipped`. */
  readonly measure: (context: Context) => Promise<readonly Outcome[]>;
  /** Names of its cases, where it has them. */
  readonly cases?: (context: Context) => readonly string[];
}

/** An experiment or a case cannot be tried here; the message says why. */
export class Skipped extends Error {}

export function skip(reason: string): never {
  throw new Skipped(reason);
}

/** Makes something when it is first needed, and once. */
export function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
