import { CodeError, cacheFile, findPackage, type LockDifference, openCode } from '@retort/code-closure';
import { enginePackages, requireEngine } from '@retort/engine/availability';
import { RetortError, UsageError } from '@retort/foundation/diagnostics';
import {
  buildMatrixGraph,
  type CodeLookup,
  type FileDigests,
  openFileDigests,
  type PipelineGraph,
  type PlanContext,
  selectCells,
} from '@retort/pipeline-graph';
import { findPipeline, loadMatrix } from '@retort/pipeline-schema';
import { ENGINES, type EngineName } from '@retort/plugin-kit';
import { ArtifactStore } from '@retort/store';
import { openRegistry } from './registry.ts';
import {
  DEFAULT_ENGINE,
  memoFolder,
  type PipelineOptions,
  requireWorkspace,
  type Surroundings,
  storeFolder,
} from './settings.ts';
import { readTarget } from './target.ts';

export interface OpenPipeline {
  /** All cells of the pipeline's matrix, or those that were chosen. */
  readonly graph: PipelineGraph;
  readonly variant?: string;
  /** What the cells were chosen by; empty for all of them. */
  readonly cells: readonly string[];
  readonly engine: EngineName;
  readonly store: ArtifactStore;
  readonly digests: FileDigests;
  readonly code: WorkspaceCode;
}

export interface WorkspaceCode extends Required<CodeLookup> {
  /** Outside packages of the stages that were asked for so far, as far as other versions are installed than are locked. */
  readonly lockDifferences: () => readonly LockDifference[];
}

/**
 * Reads, resolves and checks what a person named on the command line. Runs nothing and changes nothing in the store.
 *
 * @param target  `<name or file>[:variant][@cell]`
 * @throws UsageError, InvalidInputError
 */
export async function openPipeline(
  target: string,
  options: PipelineOptions,
  surroundings: Surroundings,
): Promise<OpenPipeline> {
  const { installation, cwd } = surroundings;
  const { pipeline, variant, cell } = readTarget(target, options.variant);
  const cells = chosenCells(cell, options);
  const file = await findPipeline(pipeline, () => requireWorkspace(surroundings), cwd);
  const engine = options.engine ?? DEFAULT_ENGINE;
  requireEngine(engine, surroundings.env);
  const digests = await openFileDigests(cacheFile(memoFolder(surroundings), 'file-digests.json'));
  const store = new ArtifactStore(storeFolder(options, surroundings));
  const registry = await openRegistry(surroundings);
  const loaded = await loadMatrix({ file, registry, variant, set: options.set, cwd });
  const graph = selectCells(await buildMatrixGraph(loaded, { engine, digests, store: store.root }), cells);
  await digests.save();
  return {
    graph,
    ...(variant === undefined ? {} : { variant }),
    cells,
    engine,
    store,
    digests,
    code: codeOf(installation, engine),
  };
}

/** @throws UsageError USAGE_TWO_CELLS: `@` and `--only-cell` together could mean those of both, or of either */
function chosenCells(cell: string | undefined, { onlyCell = [] }: PipelineOptions): readonly string[] {
  if (cell === undefined) return onlyCell;
  if (onlyCell.length === 0) return [cell];
  const message = `The pipeline is given with "@${cell}", and --only-cell is "${onlyCell[0]}". Use only one of the two; --only-cell can be repeated.`;
  throw new UsageError('USAGE_TWO_CELLS', message);
}

/** @param engine what the stages compute with; when missing, every engine whose packages are installed counts */
export function codeOf(installation: string, engine?: EngineName): WorkspaceCode {
  const code = openCode({ installation, optionalPackages: optionalPackages(installation, engine) });
  return {
    closureOf: (program) => code.closureOf(program).catch(asRetortError),
    modulesOf: code.modulesOf,
    requireIntact: (program, closure) => code.requireIntact(program, closure).catch(asRetortError),
    lockDifferences: () => code.lockDifferences,
  };
}

/** Outside packages that one engine alone loads are in the keys of that engine, so that the others need not have them. */
export function optionalPackages(installation: string, engine?: EngineName): readonly string[] {
  if (engine !== undefined) return enginePackages(engine);
  return ENGINES.flatMap(enginePackages).filter((name) => findPackage(name, installation) !== undefined);
}

/** @throws RetortError of the same code */
function asRetortError(error: unknown): never {
  throw error instanceof CodeError ? new RetortError(error.code, error.message, { cause: error }) : error;
}

/** What planning needs to know. */
export function planContext({ graph, store, code, engine }: OpenPipeline): PlanContext {
  return { pipeline: graph.name, records: store, code, engine };
}
