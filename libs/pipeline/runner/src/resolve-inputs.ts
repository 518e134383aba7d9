import { type ByInput, type InputEntry, inputEntries } from '@retort/foundation/inputs';
import type { KnownArtifacts, PipelineGraph, ResolvedStage } from '@retort/pipeline-graph';
import { type InputArtifact, type PortType, takenBy } from '@retort/plugin-kit';
import type { ArtifactStore } from '@retort/store';

/** What a stage gets for each of its inputs, when the outputs of the stages before it are known. */
export function resolveInputs(
  stage: ResolvedStage,
  { graph, store, known }: { graph: PipelineGraph; store: ArtifactStore; known: KnownArtifacts },
): ByInput<InputArtifact> {
  const inputs = inputEntries(stage.inputs).map(([name, source, at]): InputEntry<InputArtifact> => {
    if (source.kind === 'path') {
      const { types, path } = stage.definition.inputs[name] ?? {};
      const files = path?.kind === 'files' ? { files: source.files } : {};
      const artifact = { type: types?.[0] as PortType, path: source.path, digest: source.digest, label: source.path };
      return [name, { ...artifact, ...files }, at];
    }
    const before = graph.stages.find(({ id }) => id === source.stage) as ResolvedStage;
    const digest = known.get(source.stage)?.[source.port] as string;
    const label = `${source.stage}.${source.port}`;
    const type = before.outputs[source.port]?.type as PortType;
    return [name, { type, path: store.artifactPath(digest), digest, label }, at];
  });
  return takenBy(stage.definition, inputs);
}
