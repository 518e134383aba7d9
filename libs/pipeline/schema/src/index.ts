export { type CellDiagnostics, mergeCellDiagnostics } from './cell-diagnostics.ts';
export type { RetortConfig } from './config.generated.ts';
export { withDefaults } from './defaults.ts';
export type { PipelineDocument } from './document.generated.ts';
export { type EditorStage, editorSchema } from './editor-schema.ts';
export { envelopeSchema, KEBAB_CASE } from './envelope.ts';
export { inexactNumbers } from './exact-number.ts';
export { inCurrentWords } from './in-current-words.ts';
export { listInstead } from './input-lists.ts';
export type { InputReference, OutputReference } from './input-reference.ts';
export { literalText, withoutExpressions } from './interpolate.ts';
export type { JsonPath } from './json-path.ts';
export { findPipeline, listPipelines, type PipelineListing } from './list-pipelines.ts';
export {
  type LoadOptions,
  loadMatrix,
  loadPipeline,
  type ResolvedCell,
  type ResolvedMatrix,
} from './load-pipeline.ts';
export type { MatrixAxis } from './matrix.ts';
export type { ParamValue } from './params.ts';
export { displayPath, resolvePath } from './pipeline-files.ts';
export type { PipelineStage, ResolvedPipeline } from './resolved-pipeline.ts';
export { dereference, mapSchema, type Schema } from './schema.ts';
export { readSettingPath, splitSetting, writeSettingName, writeSettingPath } from './setting-path.ts';
export { topologicalOrder } from './topological-order.ts';
export { readTypedValue } from './typed-value.ts';
export { validate as validateAgainstSchema } from './validate.ts';
export { axisOfVariants } from './variant-axis.ts';
export { findWorkspace, readWorkspaceConfig, WORKSPACE_CONFIG } from './workspace.ts';
