import type { Surroundings } from './surroundings.ts';

/** What `--json` prints. */
export interface LabReport {
  readonly surroundings: Surroundings;
  /** What was typed, such as `seed` or `quick`, with defaults. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly experiments: readonly ExperimentResult[];
}

export interface ExperimentResult {
  readonly name: string;
  readonly description: string;
  /** How long the whole experiment took. */
  readonly seconds: number;
  readonly outcomes: readonly Outcome[];
  /** What went wrong, where the experiment could not be finished. */
  readonly error?: string;
}

export type Outcome = Measurement | CaseResult;

export interface Measurement {
  readonly name: string;
  /** The median where something was repeated. */
  readonly value: number;
  readonly unit: Unit;
  /** How often it was measured; repetitions that only warm up do not count. */
  readonly repetitions: number;
  readonly lowest: number;
  readonly highest: number;
  /** What the project promises, in the same unit: the value must be at most this. A broken promise is not a failure. */
  readonly limit?: number;
  readonly notes?: string;
}

/** `bytes` are shown as MiB and GiB; a `ratio` has no unit. */
export type Unit = 's' | 'ms' | 'ratio' | 'tokens/s' | 'rows/s' | 'sentences/s' | 'bytes/row' | 'bytes';

export interface CaseResult {
  readonly name: string;
  readonly status: 'held' | 'failed' | 'skipped';
  readonly seconds: number;
  /** What was seen, or why it was skipped. */
  readonly detail?: string;
}

export function isMeasurement(outcome: Outcome): outcome is Measurement {
  return 'value' in outcome;
}

/** Something that could not be measured here, and why. */
export function skipped(name: string, detail: string): CaseResult {
  return { name, status: 'skipped', seconds: 0, detail };
}

export interface Counts {
  readonly passed: number;
  /** Cases, and experiments that could not be finished. */
  readonly failed: number;
  readonly skipped: number;
}

export function countsOf({ experiments }: Pick<LabReport, 'experiments'>): Counts {
  const outcomes = experiments.flatMap((each) => each.outcomes);
  const having = (status: CaseResult['status']) =>
    outcomes.filter((outcome) => (isMeasurement(outcome) ? 'held' : outcome.status) === status).length;
  const unfinished = experiments.filter(({ error }) => error !== undefined).length;
  return { passed: having('held'), failed: having('failed') + unfinished, skipped: having('skipped') };
}
