export type { Checkpoint, CheckpointContent, Checkpoints } from './checkpoints/checkpoints.ts';
export type { InputArtifact, OutputArtifact, Progress, StageContext, StageResult, StageRun } from './context.ts';
export {
  type Curve,
  defineStage,
  type GivenSettings,
  type InputPort,
  type OutputPort,
  type PathInput,
  type PathInspection,
  type StageDefinition,
  type StageProblem,
  type StageView,
} from './definition.ts';
export { ENGINES, type EngineName } from './engine-name.ts';
export type { Architecture, Facts, SignalFacts } from './facts.ts';
export { STAGE_FAULT_POINTS } from './fault-points.ts';
export { inputProblem } from './input-problem.ts';
export { StageInterrupted } from './interrupted.ts';
export { accepts, PORT_TYPES, type PortType } from './port-type.ts';
export type { StageEvent, StageTask } from './protocol.ts';
export type { Report, ReportCell, ReportColumn, ReportTable } from './report.ts';
export { tokenizerProblems } from './same-tokenizer.ts';
export { hasOneSegment, tokensFitProblems } from './tokens-fit.ts';
