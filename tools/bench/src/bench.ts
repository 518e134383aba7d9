import type { Experiment, LabContext } from '@retort/lab';

/** What every bench gets: the options of `main.ts`, as typed. */
export interface BenchContext extends LabContext {
  /** Small sizes and few repetitions: shows that a bench works, not how fast anything is. */
  readonly quick: boolean;
  /** Cores that models may keep busy. */
  readonly threads: number;
  /** The benches beside PyTorch, and no others. */
  readonly peers?: boolean;
  /** Folder with the GLUE tasks, for benches on real sentences. */
  readonly glue?: string;
  /** Folder with BERT's `vocab.txt`. */
  readonly vocabulary?: string;
}

export type Bench = Experiment<BenchContext>;
