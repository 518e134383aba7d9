import type { GraphMatrix, PipelineGraph, PlanContext, ResolvedStage } from '@retort/pipeline-graph';
import { draftKeyDocument, type KeyDocument, type Plan, type PlannedStage, planPipeline } from '@retort/pipeline-graph';
import {
  type CellSummary,
  describePipeline,
  type ManifestStage,
  pendingStage,
  type RunManifest,
} from '@retort/pipeline-runner';

/** What can be put side by side: a run, or a pipeline that was planned. Only a run has an id, times and a machine. */
export type Comparable = Pick<RunManifest, 'pipeline' | 'engine' | 'stages'> &
  Partial<Pick<RunManifest, 'run' | 'startedAt' | 'seconds' | 'hardware' | 'versions'>> & {
    readonly status: RunManifest['status'] | 'planned';
    readonly matrix?: { readonly axes: GraphMatrix['axes']; readonly cells: readonly ComparedCell[] };
  };

/** A cell that was planned has no status. */
export type ComparedCell = Pick<CellSummary, 'id' | 'values'> & Partial<Pick<CellSummary, 'status'>>;

/** A pipeline as a run of it would begin: what is cached has its outputs and metrics, the rest waits. Runs nothing. */
export async function plannedRun(graph: PipelineGraph, context: PlanContext): Promise<Comparable> {
  const plan = await planPipeline(graph, context);
  const draft = draftsOf({ graph, plan, context });
  const stages = plan.stages.map(async (stage): Promise<ManifestStage> => {
    const waiting = pendingStage({ ...stage, keyDocument: await draft(stage) });
    const { key, status } = stage;
    const record = status === 'cached' && key !== undefined ? await context.records.findRecord(key) : undefined;
    return record === undefined
      ? waiting
      : { ...waiting, status: 'cached', outputs: record.outputs, metrics: record.metrics };
  });
  return {
    status: 'planned',
    engine: context.engine,
    pipeline: describePipeline(graph),
    stages: await Promise.all(stages),
    ...(graph.matrix !== undefined && { matrix: graph.matrix }),
  };
}

/** Tells of each stage of a plan what is known of its key document: inputs that wait for another stage are left out. */
export function draftsOf({ graph, plan, context }: Planned): (stage: PlannedStage) => Promise<KeyDocument> {
  const known = new Map(plan.stages.flatMap(({ id, artifacts }) => (artifacts === undefined ? [] : [[id, artifacts]])));
  const resolved = new Map(graph.stages.map((stage) => [stage.id, stage]));
  return async ({ id, keyDocument }) =>
    keyDocument ?? (await draftKeyDocument(resolved.get(id) as ResolvedStage, known, context));
}

interface Planned {
  readonly graph: PipelineGraph;
  readonly plan: Plan;
  readonly context: PlanContext;
}
