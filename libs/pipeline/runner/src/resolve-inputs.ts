import type { KnownArtifacts, PipelineGraph, ResolvedStage } from '@retort/pipeline-graph';
import type { InputArtifact, PortType } from '@retort/plugin-kit';
import type { ArtifactStore } from '@retort/store';

/** What a stage gets for each of its roles, when the outputs of the stages before it are known. */
export function resolveInputs(
  stage: ResolvedStage,
  { graph, store, known }: { graph: PipelineGraph; store: ArtifactStore; known: KnownArtifacts },
): Record<string, InputArtifact> {
  const inputs = Object.entries(stage.inputs).map(([role, source]): [string, InputArtifact] => {
    if (source.kind === 'path') {
      const { types, path } = stage.definition.inputs[role] ?? {};
      const files = path?.kind === 'files' ? { files: source.files } : {};
      return [
        role,
        { type: types?.[0] as PortType, path: source.path, digest: source.digest, label: source.path, ...files },
      ];
    }
    const before = graph.stages.find(({ id }) => id === source.stage) as ResolvedStage;
    const digest = known.get(source.stage)?.[source.port] as string;
    const label = `${source.stage}.${source.port}`;
    return [
      role,
      { type: before.outputs[source.port]?.type as PortType, path: store.artifactPath(digest), digest, label },
    ];
  });
  return Object.fromEntries(inputs);
}
