export {
  type ComparedRow,
  type ComparedRun,
  type ComparedValue,
  compareRuns,
  type RunComparison,
} from './compare-runs.ts';
export type { ComparedStage } from './compared-work.ts';
export { type Earlier, type EarlierExecutions, executionsOf, nearestRecords } from './earlier-executions.ts';
export type { EngineAgreement, IncomparableStage, MetricAgreement } from './engine-agreement.ts';
export { type ChangedInput, type ExplainOptions, explainPlan, type StageExplanation } from './explain-plan.ts';
export { finishedStages, graphOfManifest, type ManifestGraphOptions } from './graph-of-manifest.ts';
export { manifestOfCell } from './manifest-of-cell.ts';
export { compareModules, type ModuleChange, moduleName } from './modules.ts';
export { parseManifest, problemsOfManifest } from './parse-manifest.ts';
export { type Comparable, type ComparedCell, plannedRun } from './planned-run.ts';
export {
  DEFAULT_TOLERANCES,
  isWithin,
  type Measured,
  measureArrays,
  measureNumbers,
  readTolerances,
  type Tolerance,
  type Tolerances,
} from './tolerances.ts';
export {
  type ArtifactMeasurement,
  differingOutputs,
  judgeStages,
  type MeasurementLookup,
  type MetricVerdict,
  type OutputVerdict,
  overallVerdict,
  type StageVerdict,
  type Verdict,
} from './verdict.ts';
