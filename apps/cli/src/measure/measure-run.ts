import { type ArtifactMeasurement, differingOutputs } from '@retort/pipeline-comparison';
import type { PipelineGraph } from '@retort/pipeline-graph';
import type { RunManifest } from '@retort/pipeline-runner';
import type { ArtifactStore } from '@retort/store';
import { type ArtifactPair, measureArtifacts } from './measure-artifacts.ts';

/** A run and its reproduction. */
export interface BothRuns {
  readonly graph: PipelineGraph;
  readonly original: RunManifest;
  readonly again: RunManifest;
  readonly originals: ArtifactStore;
  readonly reproduced: ArtifactStore;
}

/** By `stage.output`: every output with other bytes whose original is in the store, and whose type has numbers. */
export async function measureRun(
  both: BothRuns,
  installation: string,
): Promise<ReadonlyMap<string, ArtifactMeasurement>> {
  const found = (await Promise.all(both.graph.stages.map((stage) => pairsOf(stage, both)))).flat();
  const measured = await measureArtifacts(
    found.map(({ pair }) => pair),
    installation,
  );
  return new Map(found.map(({ name }, index) => [name, measured[index] as ArtifactMeasurement]));
}

async function pairsOf(
  stage: PipelineGraph['stages'][number],
  { original, again, originals, reproduced }: BothRuns,
): Promise<{ name: string; pair: ArtifactPair }[]> {
  const pairs: { name: string; pair: ArtifactPair }[] = [];
  for (const port of differingOutputs(stage, original, again)) {
    const type = stage.outputs[port]?.type;
    if (type !== 'model' && type !== 'signals' && type !== 'report' && type !== 'history') continue;
    const digest = ({ stages }: RunManifest) =>
      stages.find(({ id }) => id === stage.id)?.outputs[port]?.digest as string;
    const [before, after] = [digest(original), digest(again)];
    if (!(await originals.hasArtifact(before))) continue;
    await originals.verifyArtifact(before);
    const pair = { type, before: originals.artifactPath(before), after: reproduced.artifactPath(after) };
    pairs.push({ name: `${stage.id}.${port}`, pair });
  }
  return pairs;
}
