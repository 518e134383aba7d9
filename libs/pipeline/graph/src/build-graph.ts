import { type Diagnostic, InvalidInputError, suggestion } from '@retort/foundation/diagnostics';
import { digestJson } from '@retort/foundation/digest';
import { type ByInput, byInput, type InputEntry, inputEntries, inputLabel } from '@retort/foundation/inputs';
import { type ResolvedPipeline, topologicalOrder } from '@retort/pipeline-schema';
import { type EngineName, type Facts, type PathInput, type StageView, takenBy } from '@retort/plugin-kit';
import { connectionProblems } from './check-connections.ts';
import { type FileDigests, openFileDigests } from './digest-memo.ts';
import type { PipelineGraph, ResolvedStage } from './graph.ts';
import { type FoundHubModel, findHubModel } from './hub-input.ts';
import type { PathProblem } from './list-path.ts';
import { type FoundPath, findPathInput } from './path-input.ts';
import type { InputSource } from './plan.ts';
import { locateInput, type StageNode, StageNodes } from './stage-nodes.ts';

export interface GraphOptions {
  /** Some checks and estimates depend on it. */
  readonly engine: EngineName;
  /** Remembers digests of users' files between processes: see `openFileDigests`. */
  readonly digests?: FileDigests;
  /** Root of the store that results go to: no input may hold it, or lie in it. */
  readonly store?: string;
}

/**
 * Connects the stages of a pipeline, and of others that it needs, in an order in which they can run.
 *
 * Everything that can be known without running is checked: references, inputs, port types, cycles, paths, then each
 * stage's own check with the facts of its inputs.
 *
 * @throws InvalidInputError with every problem that was found
 */
export async function buildGraph(pipeline: ResolvedPipeline, options: GraphOptions): Promise<PipelineGraph> {
  const nodes = new StageNodes(pipeline);
  const { order, cycles } = topologicalOrder(nodes.ids, (id) => nodes.needs(id));
  const builder = new GraphBuilder(nodes, {
    ...options,
    digests: options.digests ?? (await openFileDigests()),
  });
  const stages: ResolvedStage[] = [];
  for (const id of order) stages.push(await builder.resolve(nodes.get(id)));
  const diagnostics = [
    ...cycles.map((cycle) => cycleProblem(cycle, nodes)),
    ...builder.diagnostics,
    ...resultProblems(pipeline, nodes),
  ];
  if (diagnostics.length > 0) throw new InvalidInputError(diagnostics);
  const { name, description, file, variant, params, results } = pipeline;
  return { name, description, file, ...(variant !== undefined && { variant }), params, stages, results };
}

/** Resolves stages one by one, each after those that it needs, and collects problems. */
class GraphBuilder {
  readonly diagnostics: Diagnostic[] = [];
  readonly #nodes: StageNodes;
  readonly #options: GraphOptions & { readonly digests: FileDigests };
  readonly #facts = new Map<string, Readonly<Record<string, Facts>>>();
  readonly #paths = new Map<string, Promise<FoundPath | PathProblem>>();

  constructor(nodes: StageNodes, options: GraphOptions & { readonly digests: FileDigests }) {
    this.#nodes = nodes;
    this.#options = options;
  }

  async resolve(node: StageNode): Promise<ResolvedStage> {
    const before = this.diagnostics.length;
    this.diagnostics.push(...connectionProblems(node, this.#nodes.edges(node.id)));
    const paths = await this.#findPaths(node);
    const isSound = this.diagnostics.length === before;
    const known = isSound ? this.#describe(node, paths) : { facts: emptyFacts(node) };
    this.#facts.set(node.id, known.facts);
    const { definition, config, seed, run } = node.stage;
    const warnings = paths.flatMap(([, { warnings: found = [] }]) => found);
    return {
      id: node.id,
      definition,
      config,
      seed,
      run,
      inputs: this.#sources(node, paths),
      outputs: node.outputs,
      ...(warnings.length > 0 && { warnings }),
      ...known,
    };
  }

  async #findPaths(node: StageNode): Promise<InputEntry<FoundPath>[]> {
    const found: InputEntry<FoundPath>[] = [];
    for (const [name, reference, at] of inputEntries(node.stage.inputs)) {
      const path = node.stage.definition.inputs[name]?.path;
      if (path === undefined || (reference.kind !== 'path' && reference.kind !== 'hub')) continue;
      if (reference.kind === 'hub' && !path.hub) continue;
      const result =
        reference.kind === 'hub'
          ? await findHubModel(reference, this.#options.digests)
          : await this.#find(reference.path, path.kind);
      if ('code' in result) this.diagnostics.push({ ...result, location: locateInput(node, name, at) });
      else found.push([name, { ...result, ...(await this.#inspect(node, [name, result, at])) }, at]);
    }
    return found;
  }

  /** What the stage itself can tell of the path before it runs. */
  async #inspect(
    node: StageNode,
    [name, found, at]: InputEntry<FoundPath | FoundHubModel>,
  ): Promise<Pick<FoundPath, 'facts' | 'warnings'>> {
    if ('isDownloaded' in found && !found.isDownloaded) return {};
    const { definition, config } = node.stage;
    const inspection = await definition.inputs[name]?.path?.inspect?.(found.source.path, config);
    const problems = inspection?.problems ?? [];
    this.diagnostics.push(...problems.map((problem) => ({ ...problem, location: locateInput(node, name, at) })));
    return inspection === undefined ? {} : { facts: inspection.facts, warnings: inspection.warnings ?? [] };
  }

  /** Once for each path, however many stages read it. */
  #find(path: string, kind: PathInput['kind']): Promise<FoundPath | PathProblem> {
    const key = `${kind} ${path}`;
    const found = this.#paths.get(key) ?? findPathInput(path, kind, this.#options);
    this.#paths.set(key, found);
    return found;
  }

  #sources(node: StageNode, paths: readonly InputEntry<FoundPath>[]): ByInput<InputSource> {
    const edges = this.#nodes
      .edges(node.id)
      .flatMap(({ input, at, from, port }): InputEntry<InputSource>[] =>
        from ? [[input, { kind: 'stage', stage: from.id, port }, at]] : [],
      );
    return byInput(
      inOrder([...edges, ...paths.map(([name, { source }, at]): InputEntry<InputSource> => [name, source, at])]),
    );
  }

  #describe(
    node: StageNode,
    paths: readonly InputEntry<FoundPath>[],
  ): Pick<ResolvedStage, 'facts' | 'estimatedBytes' | 'size'> {
    const { definition, config, id } = node.stage;
    const view = { config, engine: this.#options.engine, inputs: this.#inputFacts(node, paths) };
    const problems = definition.check?.(view) ?? [];
    this.diagnostics.push(
      ...problems.map(({ code, message, path }) => ({ code, message, location: node.pipeline.locate(id, path) })),
    );
    const described = definition.describe?.(view) ?? {};
    const facts = Object.fromEntries(
      Object.keys(node.outputs).map((port) => [port, withTokenizer(node, port, described[port] ?? {})]),
    );
    const estimate = definition.estimate?.(view) ?? {};
    this.diagnostics.push(...budgetProblems(node, estimate, problems.length > 0));
    return {
      facts,
      ...(estimate.bytes !== undefined && { estimatedBytes: estimate.bytes }),
      ...(definition.size && { size: sizeOf(definition.size(config), view) }),
    };
  }

  #inputFacts(node: StageNode, paths: readonly InputEntry<FoundPath>[]): ByInput<Facts> {
    const fromStages = this.#nodes
      .edges(node.id)
      .map(
        ({ input, at, from, port }): InputEntry<Facts> => [input, this.#facts.get(from?.id ?? '')?.[port] ?? {}, at],
      );
    const fromPaths = paths.map(([name, found, at]): InputEntry<Facts> => [name, pathFacts(node, name, found), at]);
    return takenBy(node.stage.definition, inOrder([...fromStages, ...fromPaths]));
  }
}

/** Of two stages alike: the same settings that matter, engine, and geometry of what is read, whatever the data are. */
function sizeOf(settings: unknown, { engine, inputs }: Pick<StageView<unknown>, 'engine' | 'inputs'>): string {
  const geometry = inputEntries(inputs).map(([name, facts, at]) => {
    const { architecture, vocabularySize, maxSequenceLength, signals } = facts;
    return [inputLabel(name, at), { architecture, vocabularySize, maxSequenceLength, signals }] as const;
  });
  // By way of JSON, as digests take no members that are undefined.
  return digestJson(JSON.parse(JSON.stringify({ settings, engine, geometry: Object.fromEntries(geometry) })));
}

/** Those of paths and those of stages may stand in one list. */
function inOrder<Value>(entries: readonly InputEntry<Value>[]): InputEntry<Value>[] {
  return [...entries].sort(([, , a], [, , b]) => a - b);
}

/** Two paths have the same tokenizer when their vocabularies have the same bytes, wherever they lie. */
function pathFacts({ stage }: StageNode, name: string, { vocabulary, facts }: FoundPath): Facts {
  const types = stage.definition.inputs[name]?.types ?? [];
  const hasVocabulary = types.includes('tokenizer') || types.includes('model');
  const tokenizer = hasVocabulary && vocabulary !== undefined ? `vocab.txt ${vocabulary.slice(0, 12)}` : undefined;
  return { ...(tokenizer === undefined ? {} : { tokenizer }), ...facts };
}

/** A stage that makes a tokenizer cannot name it: it does not know its own id. */
function withTokenizer(node: StageNode, port: string, facts: Facts): Facts {
  const isNew = node.outputs[port]?.type === 'tokenizer' && facts.tokenizer === undefined;
  return isNew ? { ...facts, tokenizer: `${node.pipeline.name}#${node.stage.id}.${port}` } : facts;
}

function emptyFacts({ outputs }: StageNode): Record<string, Facts> {
  return Object.fromEntries(Object.keys(outputs).map((port) => [port, {}]));
}

/** A stage's own check words this better, naming the cheaper way; this is for stages that leave it to us. */
function budgetProblems(
  node: StageNode,
  { bytes, budgetBytes }: { bytes?: number; budgetBytes?: number },
  isReported: boolean,
): Diagnostic[] {
  if (bytes === undefined || budgetBytes === undefined || bytes <= budgetBytes || isReported) return [];
  const message = `The outputs of "${node.id}" would take about ${bytes} bytes, but its budget is ${budgetBytes}. Raise the budget or store less.`;
  return [{ code: 'PLAN_OVER_BUDGET', message, location: node.pipeline.locate(node.stage.id, ['with']) }];
}

function cycleProblem(cycle: readonly string[], nodes: StageNodes): Diagnostic {
  const [from, to] = [nodes.get(cycle.at(-2) as string), cycle.at(-1)];
  const { input = '', at = 0 } = nodes.edges(from.id).find((edge) => edge.from?.id === to) ?? {};
  const circle = [...cycle].reverse().join(' -> ');
  return {
    code: 'PIPELINE_CYCLE',
    message: `Stages depend on each other in a cycle: ${circle}. Remove one of these inputs.`,
    location: locateInput(from, input, at),
  };
}

function resultProblems(pipeline: ResolvedPipeline, nodes: StageNodes): Diagnostic[] {
  return pipeline.results.flatMap(({ stage, port }, index) => {
    const location = pipeline.locateResult(index);
    if (!pipeline.stages.has(stage)) {
      return [
        {
          code: 'PIPELINE_UNKNOWN_STAGE',
          message: `No stage of this pipeline is named "${stage}".${suggestion(stage, [...pipeline.stages.keys()])}`,
          location,
        },
      ];
    }
    const ports = Object.keys(nodes.get(stage).outputs);
    if (ports.includes(port)) return [];
    return [
      {
        code: 'PIPELINE_UNKNOWN_OUTPUT',
        message: `The stage "${stage}" has no output "${port}".${suggestion(port, ports)}`,
        location,
      },
    ];
  });
}
