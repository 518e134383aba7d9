export { buildGraph, type GraphOptions } from './build-graph.ts';
export { compareKeyDocuments, type KeyDifference } from './compare-key-documents.ts';
export { type DigestMemo, type FileDigests, openFileDigests } from './digest-memo.ts';
export { findResult } from './find-result.ts';
export type {
  CodeClosure,
  CodeLookup,
  GraphCell,
  GraphMatrix,
  GraphOutput,
  ModuleDigests,
  PipelineGraph,
  PlanContext,
  RecordLookup,
  ResolvedStage,
  StageRunSettings,
} from './graph.ts';
export { findHubModel } from './hub-input.ts';
export { isBelow, type Listing, listPath, type PathProblem } from './list-path.ts';
export { buildMatrixGraph } from './matrix-graph.ts';
export { copyListing, type FoundPath, filesOf, findPathInput } from './path-input.ts';
export type { InputSource, KeyDocument, Plan, PlannedStage } from './plan.ts';
export { isNamed, type PlanSelection, planPipeline } from './plan-pipeline.ts';
export { draftKeyDocument, type KnownArtifacts, type PlanStageOptions, planStage } from './plan-stage.ts';
export { nearestRecord } from './reason.ts';
export { renamedSources } from './renamed-sources.ts';
export { findCells, selectCells } from './select-cells.ts';
export { plainStageId } from './shared-stage-ids.ts';
