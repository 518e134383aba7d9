import { InvalidInputError } from '@retort/foundation/diagnostics';
import { digestJson } from '@retort/foundation/digest';
import { inputEntries, inputLabel } from '@retort/foundation/inputs';
import { axisOfVariants, mergeCellDiagnostics, type ResolvedMatrix } from '@retort/pipeline-schema';
import { buildGraph, type GraphOptions } from './build-graph.ts';
import { openFileDigests } from './digest-memo.ts';
import type { GraphCell, GraphOutput, PipelineGraph, ResolvedStage } from './graph.ts';
import { usesSeed } from './plan-stage.ts';
import { renamedSources } from './renamed-sources.ts';
import { sharedStageIds } from './shared-stage-ids.ts';

/**
 * One graph for all cells of a matrix: stages that are the same in several cells, by settings, seed and everything before
 * them, are one stage. Without a matrix it is the graph of the pipeline.
 *
 * @throws InvalidInputError with every problem of every cell, or PIPELINE_SAME_CELLS
 */
export async function buildMatrixGraph(matrix: ResolvedMatrix, options: GraphOptions): Promise<PipelineGraph> {
  const { axes, cells } = matrix;
  const shared = { ...options, digests: options.digests ?? (await openFileDigests()) };
  const graphs = await buildCells(matrix, shared);
  const [first] = graphs;
  if (first === undefined || axes.length === 0) return first as PipelineGraph;
  const merger = new Merger();
  const placed = graphs.map((graph, at) => merger.add(graph, (cells[at] as { id: string }).id));
  refuseSameCells(placed, matrix);
  const ids = sharedStageIds(merger.stages, matrix);
  const { variant, ...whole } = first;
  return {
    ...whole,
    ...(variant !== undefined && axisOfVariants(axes) === undefined && { variant }),
    params: sharedParams(graphs),
    stages: merger.stages.map((stage) => renamed(stage, ids, cells.length)),
    results: distinct(placed.flatMap((nodes, at) => resultsOf(graphs[at] as PipelineGraph, nodes, ids))),
    matrix: {
      axes: axes.map(({ path, name, isSeed }) => ({ path, name, isSeed })),
      cells: cells.map(({ id, values }, at): GraphCell => {
        return { id, values, results: resultsOf(graphs[at] as PipelineGraph, placed[at] as Nodes, ids) };
      }),
    },
  };
}

/** Cells that compute the same would be counted twice in every mean. */
function refuseSameCells(placed: readonly Nodes[], { cells, location }: ResolvedMatrix): void {
  const seen = new Map<string, string>();
  const diagnostics = placed.flatMap((nodes, at) => {
    const [identity, { id }] = [JSON.stringify([...nodes.values()]), cells[at] as { id: string }];
    const same = seen.get(identity);
    if (same === undefined) seen.set(identity, id);
    const message = `The cells ${same} and ${id} compute the same results: no stage depends on the settings that differ. Remove one of them.`;
    return same === undefined ? [] : [{ code: 'PIPELINE_SAME_CELLS', message, location }];
  });
  if (diagnostics.length > 0) throw new InvalidInputError(diagnostics);
}

/** Those that no axis varies. */
function sharedParams([first, ...others]: readonly PipelineGraph[]): PipelineGraph['params'] {
  const entries = Object.entries(first?.params ?? {});
  return Object.fromEntries(entries.filter(([name, value]) => others.every(({ params }) => params[name] === value)));
}

/** One after the other: they share what is known of files. */
async function buildCells({ cells }: ResolvedMatrix, options: GraphOptions): Promise<PipelineGraph[]> {
  const graphs: PipelineGraph[] = [];
  const problems: { id: string; diagnostics: InvalidInputError['diagnostics'] }[] = [];
  for (const { id, pipeline } of cells) {
    try {
      graphs.push(await buildGraph(pipeline, options));
      problems.push({ id, diagnostics: [] });
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      problems.push({ id, diagnostics: error.diagnostics });
    }
  }
  const diagnostics = mergeCellDiagnostics(problems);
  if (diagnostics.length > 0) throw new InvalidInputError(diagnostics);
  return graphs;
}

/** A stage of one or more cells. Its inputs name other nodes. */
export interface SharedStage {
  /** What tells it from the same stage with other settings. */
  readonly identity: string;
  readonly stage: ResolvedStage;
  readonly cells: string[];
}

/** Id of a stage in its cell's own graph -> identity. */
type Nodes = ReadonlyMap<string, string>;

/** Cells are added in order, so that a stage comes after all that it needs. */
class Merger {
  readonly #stages = new Map<string, SharedStage>();

  get stages(): readonly SharedStage[] {
    return [...this.#stages.values()];
  }

  add(graph: PipelineGraph, cell: string): Nodes {
    const nodes = new Map<string, string>();
    for (const stage of graph.stages) {
      const inputs = renamedSources(stage, (id) => nodes.get(id) as string);
      const identity = identityOf(stage, inputs);
      const known = this.#stages.get(identity) ?? { identity, stage: { ...stage, inputs }, cells: [] };
      this.#stages.set(identity, known);
      known.cells.push(cell);
      nodes.set(stage.id, identity);
    }
    return nodes;
  }
}

/** Equal for stages whose keys will be equal, and that are run in the same way. Inputs name identities. */
function identityOf(stage: ResolvedStage, inputs: ResolvedStage['inputs']): string {
  const { id, definition, config, seed, run, outputs } = stage;
  const sources = inputEntries(inputs).map(([name, source, at]) => [
    inputLabel(name, at),
    source.kind === 'path' ? source.digest : [source.stage, source.port],
  ]);
  const own = { id, uses: definition.kind, with: config, run, outputs: Object.keys(outputs).sort() };
  return digestJson({ ...own, inputs: Object.fromEntries(sources), ...(usesSeed(stage) && { seed }) });
}

type Ids = ReadonlyMap<string, string>;

function renamed({ identity, stage, cells }: SharedStage, ids: Ids, cellCount: number): ResolvedStage {
  const inputs = renamedSources(stage, (before) => ids.get(before) as string);
  return { ...stage, id: ids.get(identity) as string, inputs, ...(cells.length < cellCount && { cells }) };
}

function resultsOf(graph: PipelineGraph, nodes: Nodes, ids: Ids): GraphOutput[] {
  return graph.results.map(({ stage, port }) => ({ stage: ids.get(nodes.get(stage) as string) as string, port }));
}

function distinct(results: readonly GraphOutput[]): GraphOutput[] {
  return [...new Map(results.map((result) => [`${result.stage}.${result.port}`, result])).values()];
}
