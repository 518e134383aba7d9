import { join } from 'node:path';
import { ArtifactStore } from '@retort/artifact-store';
import { closureOf, readModules } from '@retort/code-closure';
import { requireEngine } from '@retort/engine/availability';
import {
  buildMatrixGraph,
  type CodeLookup,
  openFileDigests,
  type PipelineGraph,
  type PlanContext,
  selectCells,
} from '@retort/pipeline-graph';
import { findPipeline, loadMatrix } from '@retort/pipeline-schema';
import type { EngineName } from '@retort/stage-kit';
import { registry } from './registry.ts';
import { DEFAULT_ENGINE, type PipelineOptions, type Surroundings, storeFolder } from './settings.ts';
import { readTarget } from './target.ts';

export interface OpenPipeline {
  /** All cells of the pipeline's matrix, or those that were chosen. */
  readonly graph: PipelineGraph;
  readonly variant?: string;
  readonly engine: EngineName;
  readonly store: ArtifactStore;
  readonly code: Required<CodeLookup>;
}

/**
 * Reads, resolves and checks what a person named on the command line. Runs nothing and changes nothing in the store.
 *
 * @param target  `<name or file>[:variant]`
 * @throws UsageError, InvalidInputError
 */
export async function openPipeline(
  target: string,
  options: PipelineOptions,
  surroundings: Surroundings,
): Promise<OpenPipeline> {
  const { workspace, cwd } = surroundings;
  const { pipeline, variant } = readTarget(target, options.variant);
  const file = await findPipeline(pipeline, workspace, cwd);
  const engine = options.engine ?? DEFAULT_ENGINE;
  requireEngine(engine, surroundings.env);
  const digests = await openFileDigests(join(workspace, 'node_modules/.cache/retort/file-digests.json'));
  const loaded = await loadMatrix({ file, registry, variant, set: options.set, cwd });
  const graph = selectCells(await buildMatrixGraph(loaded, { engine, digests }), options.onlyCell ?? []);
  await digests.save();
  return {
    graph,
    ...(variant === undefined ? {} : { variant }),
    engine,
    store: new ArtifactStore(storeFolder(options, surroundings)),
    code: codeOf(workspace),
  };
}

export function codeOf(workspace: string): Required<CodeLookup> {
  return {
    closureOf: (module) => closureOf({ workspace, module }),
    modulesOf: (digest) => readModules({ workspace, digest }),
  };
}

/** What planning needs to know. */
export function planContext({ store, code, engine }: OpenPipeline): PlanContext {
  return { records: store, code, engine };
}
