import type { GraphCell, GraphMatrix, PipelineGraph } from '@retort/pipeline-graph';
import type { ManifestStage } from './manifest.ts';

/** What came out of the cells of a matrix, and on average over seeds. */
export interface MatrixSummary {
  readonly axes: GraphMatrix['axes'];
  readonly cells: readonly CellSummary[];
  /** One for each combination of the axes that are no seeds; empty where no axis is a seed. */
  readonly groups: readonly GroupSummary[];
}

export interface CellSummary {
  readonly id: string;
  /** Name of the axis -> value. */
  readonly values: Readonly<Record<string, unknown>>;
  /** `done` when every planned stage of the cell has its outputs. */
  readonly status: 'done' | 'failed' | 'skipped' | 'interrupted';
  /** Of the stages whose outputs are the pipeline's results; of those that write a report, where some do. */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface GroupSummary {
  /** Name of the axis -> value, seeds left out. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly metrics: Readonly<Record<string, Spread>>;
}

export interface Spread {
  readonly mean: number;
  /** Of a sample (n - 1); missing for a single value. */
  readonly standardDeviation?: number;
  /** Cells that have the metric. */
  readonly count: number;
}

type Settled = Pick<ManifestStage, 'id' | 'status' | 'metrics'>;

/** @param stages all planned stages of the run, as they were settled */
export function summarizeMatrix(graph: PipelineGraph, stages: readonly Settled[]): MatrixSummary | undefined {
  const { matrix } = graph;
  if (matrix === undefined) return undefined;
  const settled = new Map(stages.map((stage) => [stage.id, stage]));
  const cells = matrix.cells.map(({ id, values, results }): CellSummary => {
    const own = graph.stages.filter((stage) => stage.cells === undefined || stage.cells.includes(id));
    const statuses = own.flatMap((stage) => settled.get(stage.id)?.status ?? []);
    return { id, values, status: statusOf(statuses), metrics: metricsOf(scoredStages(results, graph), settled) };
  });
  return { axes: matrix.axes, cells, groups: groupsOf(matrix.axes, cells) };
}

function statusOf(statuses: readonly Settled['status'][]): CellSummary['status'] {
  for (const status of ['failed', 'interrupted', 'skipped'] as const) if (statuses.includes(status)) return status;
  return statuses.includes('pending') ? 'skipped' : 'done';
}

/** Ids of the stages whose metrics are shown. */
function scoredStages(results: GraphCell['results'], { stages }: PipelineGraph): string[] {
  const outputs = new Map(stages.map((stage) => [stage.id, stage.outputs]));
  const reports = results.filter(({ stage, port }) => outputs.get(stage)?.[port]?.type === 'report');
  return [...new Set((reports.length > 0 ? reports : results).map(({ stage }) => stage))];
}

/** Names begin with the stage's where several stages have metrics. */
function metricsOf(ids: readonly string[], settled: ReadonlyMap<string, Settled>): Record<string, number> {
  const scored = ids.flatMap((id) => {
    const metrics = Object.entries(settled.get(id)?.metrics ?? {});
    return metrics.length === 0 ? [] : [{ name: id.replace(/\[.*$/s, ''), metrics }];
  });
  const entries = scored.flatMap(({ name, metrics }) =>
    metrics.map(([metric, value]) => [scored.length > 1 ? `${name}.${metric}` : metric, value] as const),
  );
  return Object.fromEntries(entries);
}

function groupsOf(axes: GraphMatrix['axes'], cells: readonly CellSummary[]): GroupSummary[] {
  const compared = axes.filter(({ isSeed }) => !isSeed).map(({ name }) => name);
  if (compared.length === axes.length) return [];
  const groups = new Map<string, { values: Record<string, unknown>; members: CellSummary[] }>();
  for (const cell of cells) {
    const values = Object.fromEntries(compared.map((name) => [name, cell.values[name]]));
    const identity = JSON.stringify(values);
    const group = groups.get(identity) ?? { values, members: [] };
    groups.set(identity, group);
    group.members.push(cell);
  }
  return [...groups.values()].map(({ values, members }) => ({ values, metrics: spreads(members) }));
}

function spreads(members: readonly CellSummary[]): Record<string, Spread> {
  const names = [...new Set(members.flatMap(({ metrics }) => Object.keys(metrics)))];
  return Object.fromEntries(
    names.map((name) => [name, spreadOf(members.flatMap(({ metrics }) => metrics[name] ?? []))]),
  );
}

function spreadOf(values: readonly number[]): Spread {
  const count = values.length;
  // Counted from the first, so that what does not vary has no spread at all.
  const first = values[0] as number;
  const mean = first + values.reduce((sum, value) => sum + (value - first), 0) / count;
  if (count < 2) return { mean, count };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardDeviation: Math.sqrt(squares / (count - 1)), count };
}
