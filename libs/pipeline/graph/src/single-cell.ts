import type { PipelineGraph, ResolvedStage } from './graph.ts';
import type { InputSource } from './plan.ts';
import { plainStageId } from './shared-stage-ids.ts';

/**
 * The graph of one cell as if its pipeline had no matrix: stages go by their ids in the file, so that they can be put beside
 * those of another cell or pipeline. Keys are the same. A graph of several cells, or without a matrix, is left as it is.
 */
export function inSingleCell(graph: PipelineGraph): PipelineGraph {
  const { matrix, ...whole } = graph;
  if (matrix?.cells.length !== 1) return graph;
  return {
    ...whole,
    stages: graph.stages.map(plainStage),
    results: graph.results.map(({ stage, port }) => ({ stage: plainStageId(stage), port })),
  };
}

function plainStage({ cells: _cells, ...stage }: ResolvedStage): ResolvedStage {
  const inputs = Object.entries(stage.inputs).map(([role, source]): [string, InputSource] => [
    role,
    source.kind === 'stage' ? { ...source, stage: plainStageId(source.stage) } : source,
  ]);
  return { ...stage, id: plainStageId(stage.id), inputs: Object.fromEntries(inputs) };
}
