import { digestJson } from '@retort/foundation/digest';
import type { CodeLookup, InputSource, PipelineGraph, ResolvedStage } from '@retort/pipeline-graph';
import { type EngineName, programOf } from '@retort/plugin-kit';

/** Everything that decides a stage's work, in the words of a pipeline file: comparable before anything has run. */
export interface StageDescription {
  readonly uses: string;
  readonly version: number;
  /** Digest of the code. */
  readonly code: string;
  readonly packages: Readonly<Record<string, string>>;
  /** role -> `stage.port`, or the digest of a path. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly with: unknown;
  readonly seed?: number;
  readonly engine?: EngineName;
}

export interface IdentifiedStage {
  readonly id: string;
  readonly description: StageDescription;
  /**
   * Equal for two stages exactly when all that decides their work is: settings, code, seed, engine, and the same of every
   * stage before them. Stands in for the key, which needs bytes that may not be there yet.
   */
  readonly identity: string;
}

/** Describes and identifies every stage of a graph, in its order. */
export async function identifyStages(
  graph: PipelineGraph,
  { code, engine }: { code: CodeLookup; engine: EngineName },
): Promise<IdentifiedStage[]> {
  const identified = new Map<string, IdentifiedStage>();
  for (const stage of graph.stages) {
    const description = await describe(stage, code, engine);
    const sources = Object.entries(stage.inputs).map(([role, source]) => [role, identityOf(source, identified)]);
    const outputs = Object.keys(stage.outputs).sort();
    const identity = digestJson({ ...description, inputs: Object.fromEntries(sources), outputs });
    identified.set(stage.id, { id: stage.id, description, identity });
  }
  return [...identified.values()];
}

function identityOf(source: InputSource, before: ReadonlyMap<string, IdentifiedStage>): string {
  return source.kind === 'path' ? source.digest : `${before.get(source.stage)?.identity} ${source.port}`;
}

async function describe(stage: ResolvedStage, code: CodeLookup, engine: EngineName): Promise<StageDescription> {
  const { definition, config, seed } = stage;
  const { digest, packages } = await code.closureOf(programOf(definition, config));
  const inputs = Object.entries(stage.inputs).map(([role, source]) => [
    role,
    source.kind === 'path' ? source.digest : `${source.stage}.${source.port}`,
  ]);
  return {
    uses: definition.kind,
    version: definition.version,
    code: digest,
    packages,
    inputs: Object.fromEntries(inputs) as Record<string, string>,
    with: config,
    ...(definition.usesSeed && { seed }),
    ...(definition.usesEngine && { engine }),
  };
}
