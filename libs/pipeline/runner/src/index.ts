export type { OutputSummary, RunEvent, StageFailure, StageHolder, StageSummary } from './events.ts';
export type { Executor, RunningStage, StageEnd, StageLaunch } from './executor.ts';
export { RUNNER_FAULT_POINTS } from './fault-points.ts';
export type { Hardware, ManifestPipeline, ManifestPipelineStage, ManifestStage, RunManifest } from './manifest.ts';
export { describeHardware, describePipeline, pendingStage } from './manifest.ts';
export type { CellSummary, GroupSummary, MatrixSummary, Spread } from './matrix-summary.ts';
export type { RunOptions } from './options.ts';
export { runPlan } from './run-plan.ts';
