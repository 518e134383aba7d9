import type { EngineName } from '@retort/engine/names';
import type { ByInput } from '@retort/foundation/inputs';
import type { Progress } from '@retort/foundation/work';
import type { InputArtifact, OutputArtifact, StageResult } from './context.ts';

/** What the runner hands to a stage's process, as a JSON file whose path is the process's only argument. */
export interface StageTask {
  readonly stage: string;
  readonly config: unknown;
  readonly seed: number;
  readonly engine: EngineName;
  readonly threads: number;
  readonly inputs: ByInput<InputArtifact>;
  /** Path of an input that is a copy of the user's own file or folder -> the user's path, which messages name instead. */
  readonly shownAs?: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, OutputArtifact>>;
  /**
   * Absolute path of a folder of this stage's key, kept until the key's result is recorded: what an earlier attempt at
   * the same key left there is found again. Empty the first time.
   */
  readonly checkpointFolder?: string;
  /** The least seconds between two checkpoints; 30 when missing. Never decides bytes. */
  readonly checkpointEverySeconds?: number;
  /** Steps after which a checkpoint is made, however little time has passed. Never decides bytes. */
  readonly checkpointEverySteps?: number;
}

/**
 * What a stage's process says, as JSON lines on file descriptor 3. The last line is `finished`, `failed` or
 * `interrupted`; a process that ends without one has crashed. Standard output and error go to the stage's log.
 * The process ends by itself when its standard input closes, so that it cannot outlive the runner.
 */
export type StageEvent =
  | { readonly event: 'progress'; readonly progress: Progress }
  | { readonly event: 'log' | 'warning'; readonly message: string }
  | { readonly event: 'finished'; readonly result: StageResult; readonly peakMemoryBytes: number }
  | {
      readonly event: 'failed';
      readonly code: string;
      readonly message: string;
      readonly stack?: string;
      /** The data that the user gave are wrong (InvalidInputError), not the stage. */
      readonly isInvalidInput?: true;
    }
  | { readonly event: 'interrupted' };
