import type { Plan } from '@retort/pipeline-graph';
import type { Progress } from '@retort/plugin-kit';
import type { MatrixSummary } from './matrix-summary.ts';

export interface OutputSummary {
  readonly digest: string;
  readonly bytes: number;
  readonly rows?: number;
}

export interface StageFailure {
  readonly code: string;
  readonly message: string;
  readonly log: string;
  /** The data that the user gave are wrong, not the stage: exit code 2. */
  readonly isInvalidInput?: true;
}

export interface StageSummary {
  readonly id: string;
  readonly key?: string;
  readonly status: 'cached' | 'ran' | 'failed' | 'skipped' | 'interrupted';
  readonly seconds: number;
  readonly outputs: Readonly<Record<string, OutputSummary>>;
  readonly metrics?: Readonly<Record<string, number>>;
  /** Of a cached stage, those of the run that computed it. */
  readonly warnings?: readonly string[];
  readonly error?: StageFailure;
}

/** Who executes the key that a stage waits for. */
export interface StageHolder {
  readonly run: string;
  readonly stage: string;
  readonly host: string;
  readonly pid: number;
  /** ISO 8601, by the holder's clock. */
  readonly since: string;
}

/** What a run says while it goes, in order. The JSON lines of `retort run --json` are exactly these. */
export type RunEvent =
  | { readonly event: 'run-started'; readonly run: string; readonly plan: Plan; readonly time: string }
  | {
      /** Another run, or another stage of this one, executes the same key; its result will be taken. */
      readonly event: 'stage-waiting';
      readonly run: string;
      readonly stage: string;
      readonly key: string;
      readonly holder: StageHolder;
    }
  | {
      readonly event: 'stage-started';
      readonly run: string;
      readonly stage: string;
      readonly key: string;
      readonly reason: string;
      readonly log: string;
    }
  | {
      readonly event: 'stage-progress';
      readonly run: string;
      readonly stage: string;
      readonly progress: Progress;
      readonly seconds: number;
    }
  | {
      readonly event: 'stage-warning' | 'stage-log';
      readonly run: string;
      readonly stage: string;
      readonly message: string;
    }
  | { readonly event: 'stage-finished'; readonly run: string; readonly stage: StageSummary }
  | {
      readonly event: 'run-finished';
      readonly run: string;
      readonly status: 'done' | 'failed' | 'interrupted';
      readonly stages: readonly StageSummary[];
      readonly seconds: number;
      /** Of a pipeline with a matrix. */
      readonly matrix?: MatrixSummary;
    };
