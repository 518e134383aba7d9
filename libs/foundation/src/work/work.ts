import type { Checkpoints } from './checkpoints.ts';

export interface Progress {
  readonly done: number;
  /** Missing where it is not known. */
  readonly total?: number;
  /** What is counted: "sentences", "steps". */
  readonly unit: string;
  /** Current values to show beside the bar, such as losses. */
  readonly values?: Readonly<Record<string, number>>;
  /** What some of these values are expected to be by now, lowest and highest. */
  readonly expected?: Readonly<Record<string, readonly [low: number, high: number]>>;
}

/** What a long computation needs of whoever started it: a stage's process, a test, or a program of its own. */
export interface Work {
  /** Throws StageInterrupted once the work was asked to stop. Call it between units of work. */
  readonly throwIfInterrupted: () => void;
  /** What survives an attempt that is killed. Work of more than seconds uses it: `load` first, then `pass` between units of work. */
  readonly checkpoints: Checkpoints;
  /** Cheap; the host sends at most a few a second. */
  readonly progress: (progress: Progress) => void;
  readonly log: (message: string) => void;
  /** Shown to the user, and kept in the manifest of a run. */
  readonly warn: (message: string) => void;
}

/** A file or folder that is read. */
export interface Source {
  /** Absolute. */
  readonly path: string;
  readonly digest: string;
  /** What messages call it: `tokenize.train`, or the path as the user wrote it. */
  readonly label: string;
}
