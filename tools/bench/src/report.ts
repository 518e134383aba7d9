import type { Outcome } from './bench.ts';
import type { Surroundings } from './surroundings.ts';

/** What `--json` prints. */
export interface BenchReport {
  readonly surroundings: Surroundings;
  /** Small sizes: the figures say nothing about speed. */
  readonly isQuick: boolean;
  readonly benches: readonly BenchResult[];
}

export interface BenchResult {
  readonly name: string;
  readonly description: string;
  /** How long the whole bench took. */
  readonly seconds: number;
  readonly outcomes: readonly Outcome[];
  /** What went wrong, where the bench could not be finished. */
  readonly error?: string;
}
