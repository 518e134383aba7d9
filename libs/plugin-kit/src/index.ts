export { ENGINES, type EngineName } from '@retort/engine/names';
export type { Architecture } from '@retort/families/geometry';
export { type ByInput, type InputEntry, inputEntries, inputLabel, inputPath } from '@retort/foundation/inputs';
export type { Report, ReportCell, ReportColumn, ReportTable } from '@retort/foundation/report';
export {
  type Checkpoint,
  type CheckpointContent,
  type Checkpoints,
  type Progress,
  StageInterrupted,
} from '@retort/foundation/work';
export { connected } from './connected.ts';
export type {
  AnyStageRun,
  InputArtifact,
  OutputArtifact,
  StageContext,
  StageResult,
  StageRun,
} from './context.ts';
export {
  type Curve,
  type DefinedStage,
  defineStage,
  type GivenSettings,
  type InputPort,
  type OfInputs,
  type OutputPort,
  type PathInput,
  type PathInspection,
  type StageDefinition,
  type StageProblem,
  type StageView,
  type UsedExtensions,
} from './definition.ts';
export type { Facts, SignalFacts } from './facts.ts';
export { STAGE_FAULT_POINTS } from './fault-points.ts';
export { inputProblem } from './input-problem.ts';
export { definePlugin, type Plugin } from './plugin.ts';
export { accepts, PORT_TYPES, type PortType } from './port-type.ts';
export { programOf } from './program.ts';
export type { StageEvent, StageTask } from './protocol.ts';
export { tokenizerProblems } from './same-tokenizer.ts';
export { type StartingModel, startingModelFacts, startingModelProblems } from './starting-model-facts.ts';
export { takenBy } from './taken-by.ts';
export { hasOneSegment, tokensFitProblems } from './tokens-fit.ts';
