import type { StageEvent, StageResult, StageTask } from '@retort/plugin-kit';

/** Where and how stages run: this machine, or a cluster. Knows neither the store nor the pipeline. */
export interface Executor {
  readonly start: (launch: StageLaunch) => RunningStage;
}

export interface StageLaunch {
  readonly task: StageTask;
  /** The bundle to run: a program that hosts the stage (`@retort/plugin-kit/host`). */
  readonly codePath: string;
  /** An existing folder for the task file, on a disk that the stage's process sees. */
  readonly scratchFolder: string;
  /** What the stage's process prints goes to the end of this file. */
  readonly logPath: string;
  readonly timeoutSeconds?: number;
  /** Called in order, as events arrive. The last one also decides `done`. */
  readonly onEvent: (event: StageEvent) => void;
}

export interface RunningStage {
  /** Never rejects. */
  readonly done: Promise<StageEnd>;
  /** Asks the stage to stop; it has some 20 seconds to do so. */
  readonly stop: () => void;
  /** Ends the stage's process at once. */
  readonly kill: () => void;
}

export type StageEnd =
  | { readonly status: 'finished'; readonly result: StageResult; readonly peakMemoryBytes: number }
  | {
      readonly status: 'failed';
      readonly code: string;
      readonly message: string;
      /** Whether the same attempt may succeed when made again: a process that died, not data that are wrong. */
      readonly mayPass: boolean;
      /** The data that the user gave are wrong, not the stage. */
      readonly isInvalidInput?: true;
    }
  | { readonly status: 'interrupted' };
