import type { ArtifactStore } from '@retort/artifact-store';
import type { CodeLookup, PipelineGraph, PlanSelection } from '@retort/pipeline-graph';
import type { EngineName } from '@retort/stage-kit';
import type { RunEvent } from './events.ts';
import type { Executor } from './executor.ts';

export interface RunOptions {
  readonly graph: PipelineGraph;
  readonly selection?: PlanSelection;
  readonly store: ArtifactStore;
  readonly executor: Executor;
  readonly code: CodeLookup;
  readonly engine: EngineName;
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
