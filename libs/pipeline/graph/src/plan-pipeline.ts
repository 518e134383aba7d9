import { suggestion, UsageError } from '@retort/foundation/diagnostics';
import { inputEntries } from '@retort/foundation/inputs';
import type { PipelineGraph, PlanContext, ResolvedStage } from './graph.ts';
import type { Plan, PlannedStage } from './plan.ts';
import { planStage } from './plan-stage.ts';

/** Which stages of a pipeline are wanted, and which of them must run. All stages, none forced, when empty. */
export interface PlanSelection {
  /** This stage, in all cells that have it, and everything after it run even when cached. */
  readonly from?: string | undefined;
  /** This stage and what it needs, nothing else. */
  readonly only?: string | undefined;
  /** Every selected stage of this pipeline runs; those of other pipelines may come from the cache. */
  readonly force?: boolean | undefined;
}

/**
 * What a run would do, without doing it. Reads records, never artifacts.
 *
 * @throws UsageError PLAN_UNKNOWN_STAGE for a stage that the graph does not have
 */
export async function planPipeline(
  graph: PipelineGraph,
  context: PlanContext,
  selection: PlanSelection = {},
): Promise<Plan> {
  const selected = selectStages(graph, selection);
  const forced = forcedStages(selected, selection);
  const known = new Map<string, Readonly<Record<string, string>>>();
  const remembered = rememberLookups(context);
  const stages: PlannedStage[] = [];
  for (const stage of selected) {
    const planned = await planStage(stage, known, remembered, { isForced: forced.has(stage.id) });
    if (planned.artifacts !== undefined) known.set(planned.id, planned.artifacts);
    stages.push({ ...planned, ...(await recordedPeak(stage, remembered)) });
  }
  return { pipeline: graph.name, stages };
}

/** A stage has no way to tell how much memory it will take, but those that took it are on record. */
async function recordedPeak(
  { size, definition }: ResolvedStage,
  { records }: PlanContext,
): Promise<Pick<PlannedStage, 'estimatedPeakMemoryBytes'>> {
  if (size === undefined) return {};
  const peaks = (await records.recentRecords(definition.kind)).flatMap(({ provenance }) =>
    provenance['size'] === size && typeof provenance['peakMemoryBytes'] === 'number'
      ? provenance['peakMemoryBytes']
      : [],
  );
  return peaks.length === 0 ? {} : { estimatedPeakMemoryBytes: Math.max(...peaks) };
}

function selectStages({ stages }: PipelineGraph, { from, only }: PlanSelection): readonly ResolvedStage[] {
  const ids = stages.map(({ id }) => id);
  for (const name of [from, only])
    if (name !== undefined && !ids.some((id) => isNamed(id, name))) throw unknownStage(name, ids);
  if (only === undefined) return stages;
  const needed = new Set(ids.filter((id) => isNamed(id, only)));
  for (const stage of [...stages].reverse())
    if (needed.has(stage.id)) for (const id of stagesBefore(stage)) needed.add(id);
  if (from !== undefined && ![...needed].some((id) => isNamed(id, from))) {
    throw new UsageError(
      'PLAN_NOTHING_SELECTED',
      `"${from}" (--from) is not needed by "${only}" (--only). Give only one of them.`,
    );
  }
  return stages.filter(({ id }) => needed.has(id));
}

/** `student-train` also names what it is in each cell: `student-train[seed=1]`. */
export function isNamed(id: string, name: string): boolean {
  return id === name || id.startsWith(`${name}[`);
}

/** In topological order one pass finds everything after `from`. */
function forcedStages(stages: readonly ResolvedStage[], { from, force }: PlanSelection): ReadonlySet<string> {
  const after = new Set<string>();
  for (const stage of stages)
    if ((from !== undefined && isNamed(stage.id, from)) || stagesBefore(stage).some((id) => after.has(id)))
      after.add(stage.id);
  const own = force ? stages.filter(({ id }) => !id.includes('#')) : [];
  return new Set([...after, ...own.map(({ id }) => id)]);
}

function stagesBefore({ inputs }: ResolvedStage): string[] {
  return inputEntries(inputs).flatMap(([, input]) => (input.kind === 'stage' ? [input.stage] : []));
}

function unknownStage(name: string, ids: readonly string[]): UsageError {
  return new UsageError('PLAN_UNKNOWN_STAGE', `The pipeline has no stage "${name}".${suggestion(name, ids)}`);
}

/** Asks for the code of a program, and for the records of a kind, once in a plan: many stages share them. */
function rememberLookups({ pipeline, code, records, engine }: PlanContext): PlanContext {
  return {
    pipeline,
    engine,
    code: { closureOf: remember((program) => code.closureOf(program)) },
    records: {
      findRecord: (key) => records.findRecord(key),
      recentRecords: remember((uses) => records.recentRecords(uses)),
    },
  };
}

function remember<T>(ask: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return (name) => {
    const answer = answers.get(name) ?? ask(name);
    answers.set(name, answer);
    return answer;
  };
}
