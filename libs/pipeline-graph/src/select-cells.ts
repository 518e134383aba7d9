import { suggestion, UsageError } from '@retort/diagnostics';
import type { PipelineGraph, ResolvedStage } from './graph.ts';

/**
 * The graph of some cells of its matrix. Stages keep their ids.
 *
 * @param wanted each names one cell (`seed=1,attention.weight=0`), or all that have some values (`seed=1`)
 * @throws UsageError PLAN_NO_MATRIX, PLAN_UNKNOWN_CELL
 */
export function selectCells(graph: PipelineGraph, wanted: readonly string[]): PipelineGraph {
  const { matrix } = graph;
  if (wanted.length === 0) return graph;
  if (matrix === undefined)
    throw new UsageError(
      'PLAN_NO_MATRIX',
      `The pipeline "${graph.name}" has no matrix, so that it has no cells to choose from.`,
    );
  const chosen = new Set(wanted.flatMap((text) => findCells(text, matrix.cells).map(({ id }) => id)));
  const cells = matrix.cells.filter(({ id }) => chosen.has(id));
  const isWanted = ({ cells: of }: ResolvedStage) => of === undefined || of.some((id) => chosen.has(id));
  const stages = graph.stages.filter(isWanted).map((stage) => within(stage, chosen));
  const isThere = new Set(stages.map(({ id }) => id));
  return {
    ...graph,
    stages,
    results: graph.results.filter(({ stage }) => isThere.has(stage)),
    matrix: { ...matrix, cells },
  };
}

/**
 * The cells that a text names: one by its whole id, or all that have some values.
 *
 * @throws UsageError PLAN_UNKNOWN_CELL
 */
export function findCells<Cell extends { readonly id: string }>(text: string, cells: readonly Cell[]): Cell[] {
  const parts = text.split(',');
  const found = cells.filter(({ id }) => id === text || parts.every((part) => id.split(',').includes(part)));
  if (found.length > 0) return found;
  const ids = cells.map(({ id }) => id);
  const list = ids.length > 12 ? ` See all with: retort plan --json` : '';
  throw new UsageError(
    'PLAN_UNKNOWN_CELL',
    `The matrix has no cell ${JSON.stringify(text)}.${suggestion(text, ids)}${list}`,
  );
}

/** Stages of all chosen cells are no longer those of some. */
function within({ cells, ...stage }: ResolvedStage, chosen: ReadonlySet<string>): ResolvedStage {
  const kept = cells?.filter((id) => chosen.has(id));
  return kept === undefined || kept.length === chosen.size ? stage : { ...stage, cells: kept };
}
