import { plainStageId, renamedSources } from '@retort/pipeline-graph';
import type { ManifestPipelineStage, ManifestStage, RunManifest } from '@retort/pipeline-runner';

/**
 * What a run says of one cell of its matrix: that cell's stages alone, called as in the pipeline file, so that they can be put
 * beside those of another cell or run. It is of no matrix itself.
 */
export function manifestOfCell<
  Manifest extends Pick<RunManifest, 'pipeline' | 'stages'> & { readonly matrix?: unknown },
>({ matrix: _matrix, ...manifest }: Manifest, cell: string): Omit<Manifest, 'matrix'> {
  const own = new Set(stagesOfCell(manifest, cell));
  const { stages, results } = manifest.pipeline;
  const described = stages.filter(({ id }) => own.has(id)).map(plainlyDescribed);
  const settled = manifest.stages.filter(({ id }) => own.has(id));
  const made = results?.filter(({ stage }) => own.has(stage));
  return {
    ...manifest,
    pipeline: {
      ...manifest.pipeline,
      stages: described,
      ...(made && { results: made.map((result) => ({ ...result, stage: plainStageId(result.stage) })) }),
    },
    stages: settled.map((stage): ManifestStage => ({ ...stage, id: plainStageId(stage.id) })),
  };
}

/** Ids of the stages that a cell is made of, as the run calls them. */
export function stagesOfCell({ pipeline }: Pick<RunManifest, 'pipeline'>, cell: string): string[] {
  return pipeline.stages.filter(({ cells }) => cells === undefined || cells.includes(cell)).map(({ id }) => id);
}

function plainlyDescribed({ cells: _cells, ...stage }: ManifestPipelineStage): ManifestPipelineStage {
  return { ...stage, id: plainStageId(stage.id), inputs: renamedSources(stage, plainStageId) };
}
