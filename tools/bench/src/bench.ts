/** What every bench gets. */
export interface BenchContext {
  /** Absolute path of the checkout. */
  readonly workspace: string;
  /** Small sizes and few repetitions: shows that a bench works, not how fast anything is. */
  readonly isQuick: boolean;
  /** Cores that models may keep busy. */
  readonly threads: number;
  /** A folder for whatever a bench writes; removed afterwards. */
  readonly scratchFolder: string;
  /** Folder with the GLUE tasks, for benches on real sentences. */
  readonly glue?: string | undefined;
  /** Folder with BERT's `vocab.txt`. */
  readonly vocabulary?: string | undefined;
}

export interface Measurement {
  readonly name: string;
  /** The median where something was repeated. */
  readonly value: number;
  readonly unit: Unit;
  /** How often it was measured; repetitions that only warm up do not count. */
  readonly repetitions: number;
  readonly lowest: number;
  readonly highest: number;
  /** What the project promises, in the same unit: the value must be at most this. */
  readonly limit?: number;
  readonly notes?: string;
}

/** `bytes` are shown as MiB and GiB; a `ratio` has no unit. */
export type Unit = 's' | 'ms' | 'ratio' | 'tokens/s' | 'rows/s' | 'sentences/s' | 'bytes/row' | 'bytes';

/** Something that could not be measured here, and why. */
export interface Skipped {
  readonly name: string;
  readonly skipped: string;
}

export type Outcome = Measurement | Skipped;

/** Results in the order in which they are shown. */
export type Measure = (context: BenchContext) => Promise<readonly Outcome[]>;

export interface Bench {
  /** As typed on the command line. */
  readonly name: string;
  readonly description: string;
  readonly measure: Measure;
}

export function isMeasurement(outcome: Outcome): outcome is Measurement {
  return 'value' in outcome;
}
