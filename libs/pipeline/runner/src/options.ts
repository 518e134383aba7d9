import type { CodeLookup, FileDigests, PipelineGraph, PlanSelection } from '@retort/pipeline-graph';
import type { EngineName } from '@retort/plugin-kit';
import type { ArtifactStore } from '@retort/store';
import type { RunEvent } from './events.ts';
import type { Executor } from './executor.ts';

export interface RunOptions {
  readonly graph: PipelineGraph;
  readonly selection?: PlanSelection;
  readonly store: ArtifactStore;
  readonly executor: Executor;
  readonly code: CodeLookup;
  readonly engine: EngineName;
  /** Those that planning asked: what it has read need not be read again. */
  readonly digests?: FileDigests;
  /** Larger inputs of the user are not copied for the stage that reads them: see `MOST_COPIED_BYTES`. */
  readonly mostCopiedBytes?: number;
  /** Stages that may run at the same time. */
  readonly jobs: number;
  /** Cores that are divided among the stages that run. */
  readonly cores: number;
  readonly onEvent?: (event: RunEvent) => void;
  /** Aborted: stages are asked to stop, and no other starts. */
  readonly signal?: AbortSignal;
  /** Aborted: stages that still run are ended at once. */
  readonly killSignal?: AbortSignal;
}
