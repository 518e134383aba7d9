import { dirname, join, resolve } from 'node:path';
import {
  type Diagnostic,
  type DiagnosticLocation,
  InvalidInputError,
  suggestion,
} from '@retort/foundation/diagnostics';
import { inputEntries, inputPath } from '@retort/foundation/inputs';
import type { StageDefinition } from '@retort/plugin-kit';
import { type CellDiagnostics, mergeCellDiagnostics } from './cell-diagnostics.ts';
import { readExtended } from './extended-source.ts';
import type { PipelineReference } from './input-reference.ts';
import type { JsonSource } from './json-source.ts';
import { isObject, member, show } from './json-value.ts';
import { type MatrixAxis, type MatrixCell, matrixOf, tooManyAxes } from './matrix.ts';
import { inItsPipeline, type Override, type OverrideProblem, settingOf } from './overrides.ts';
import { PIPELINE_SUFFIX, pipelineNames } from './pipeline-files.ts';
import { type HandedOn, resolveDocument } from './resolve-document.ts';
import type { ResolvedPipeline } from './resolved-pipeline.ts';
import { readSettingPath, splitSetting } from './setting-path.ts';
import { variantConflict } from './variant-axis.ts';

/** Over all cells of a matrix. Graph, keys and plan of so many take seconds. */
const MAX_STAGES = 10_000;

/** More than this at once nobody reads. */
const MAX_PROBLEMS = 200;

export interface LoadOptions {
  /** Pipeline file; a relative path counts from `cwd`. */
  readonly file: string;
  /** `uses` -> definition. */
  readonly registry: ReadonlyMap<string, StageDefinition>;
  /** Refused where the matrix has an axis of variants. */
  readonly variant?: string | undefined;
  /** `path=value`, applied in order after the variant and the cell of the matrix. */
  readonly set?: readonly string[] | undefined;
  /** What paths in `set` count from, and file names in messages are relative to. The process's own when missing. */
  readonly cwd?: string | undefined;
}

/** One cell of a matrix with the pipeline that it is. */
export interface ResolvedCell extends Omit<MatrixCell, 'overrides' | 'variant'> {
  readonly pipeline: ResolvedPipeline;
}

/** A pipeline in all its cells. Without a matrix: no axes, and one cell whose id is empty. */
export interface ResolvedMatrix {
  readonly axes: readonly MatrixAxis[];
  readonly cells: readonly ResolvedCell[];
  /** Of the matrix in its file. */
  readonly location: DiagnosticLocation;
}

/**
 * Reads a pipeline file, those that it extends, and those that it refers to, into a valid document. Its matrix is left
 * aside: that is how other pipelines refer to it.
 *
 * Whether references between stages lead anywhere is not checked here: that is the graph's part.
 *
 * @throws InvalidInputError with every problem that was found in all files
 */
export async function loadPipeline(options: LoadOptions): Promise<ResolvedPipeline> {
  const { source, diagnostics, job, loading } = await open(options);
  refuse(tooManyStages(source, 1));
  const resolved = await resolveWhole(source, job, loading);
  refuse([...diagnostics, ...resolved.diagnostics, ...(await importProblems(source, loading))]);
  return resolved.pipeline as ResolvedPipeline;
}

/**
 * The same for every cell of the file's matrix.
 *
 * @throws InvalidInputError with every problem that was found in all files and all cells
 */
export async function loadMatrix(options: LoadOptions): Promise<ResolvedMatrix> {
  const { source, diagnostics, job, loading } = await open(options);
  refuse(tooManyAxes(source));
  const matrix = matrixOf(
    source,
    job.set.flatMap((text) => splitSetting(text)?.path ?? []),
  );
  refuse(tooManyStages(source, matrix.cells.length));
  const resolved: (CellDiagnostics & Omit<ResolvedCell, 'pipeline'> & Resolved)[] = [];
  for (const { overrides, variant = job.variant, ...cell } of matrix.cells)
    resolved.push({ ...cell, ...(await resolveWhole(source, { ...job, variant, cell: overrides }, loading)) });
  const ofMatrix = [...matrix.diagnostics, ...variantConflict(job.variant, matrix.axes, source)];
  refuse([...diagnostics, ...ofMatrix, ...mergeCellDiagnostics(resolved), ...(await importProblems(source, loading))]);
  const cells = resolved.map(({ id, parts, values, pipeline }) => {
    return { id, parts, values, pipeline: pipeline as ResolvedPipeline };
  });
  return { axes: matrix.axes, cells, location: source.locate(['matrix']) ?? { file: source.file } };
}

/** All loaders of a command. Cells that set the same in other pipelines share one. */
interface Loading {
  readonly registry: ReadonlyMap<string, StageDefinition>;
  readonly cwd: string;
  /** By what is set in other pipelines, as JSON. */
  readonly loaders: Map<string, Loader>;
}

/** The pipelines that are referred to, with what is set in them. */
interface Loader extends Omit<Loading, 'loaders'> {
  readonly handedOn: HandedOn;
  /** How many loaders there are. */
  readonly count: () => number;
  readonly imports: Map<string, ResolvedPipeline>;
  /** Name of each pipeline that was referred to -> its file. */
  readonly visited: Map<string, string>;
  /** Problems of pipelines that are referred to: those are shared by all cells. */
  readonly diagnostics: OverrideProblem[];
}

interface Job {
  readonly file: string;
  readonly variant: string | undefined;
  readonly cell: readonly Override[];
  readonly set: readonly string[];
  readonly handed: HandedOn;
  /** Names of the pipelines that led here, outermost first. */
  readonly stack: readonly string[];
}

interface Resolved {
  readonly pipeline?: ResolvedPipeline;
  readonly diagnostics: readonly Diagnostic[];
}

const NOTHING_HANDED: HandedOn = { applied: [], others: [] };

async function open({ file, registry, variant, set = [], cwd: given = process.cwd() }: LoadOptions) {
  const cwd = resolve(given);
  const loading: Loading = { registry, cwd, loaders: new Map() };
  const job: Job = { file: resolve(cwd, file), variant, cell: [], set, handed: NOTHING_HANDED, stack: [] };
  const { source, diagnostics } = await readExtended(job.file, cwd);
  if (source === undefined) throw new InvalidInputError(inReadingOrder(diagnostics));
  return { source, diagnostics, job, loading };
}

/** The pipeline that the command line names, in one cell of its matrix. */
async function resolveWhole(source: JsonSource, job: Job, loading: Loading): Promise<Resolved> {
  const { pipeline, diagnostics, handedOn } = resolveOne(source, job, loading);
  if (pipeline === undefined) return { diagnostics };
  const loader = loaderFor(handedOn, loading);
  const whole = { ...pipeline, imports: loader.imports };
  await loadImports(whole, [whole.name], loader);
  return { pipeline: whole, diagnostics: diagnostics.map((each) => inItsPipeline(each, loader.imports)) };
}

function resolveOne(source: JsonSource, job: Job, { registry, cwd }: Omit<Loading, 'loaders'>) {
  return resolveDocument(source, { ...job, registry, cwd, usedBy: job.stack.at(-1) });
}

function loaderFor(handedOn: HandedOn, { loaders, ...shared }: Loading): Loader {
  const identity = JSON.stringify(handedOn.applied);
  const known = loaders.get(identity);
  if (known !== undefined) return known;
  const empty = { imports: new Map(), visited: new Map(), diagnostics: [] };
  const loader: Loader = { ...shared, ...empty, handedOn, count: () => loaders.size };
  loaders.set(identity, loader);
  return loader;
}

/** Problems of the pipelines that are referred to, and overrides for those that are not, in any cell. */
async function importProblems(source: JsonSource, { loaders }: Loading): Promise<Diagnostic[]> {
  const all = [...loaders.values()];
  const visited = new Set(all.flatMap((loader) => [...loader.visited.keys()]));
  const files = await Promise.all(source.files.map((file) => pipelineNames(dirname(file))));
  // A variant that is not chosen may refer to more.
  const known = new Set([...visited, ...files.flat()]);
  const strangers = all.flatMap(({ handedOn }) => [
    ...setInStrangers(handedOn.applied, source, visited, visited),
    ...setInStrangers(handedOn.others, source, known, visited),
  ]);
  const ofImports = all.flatMap(({ diagnostics, imports }) => diagnostics.map((each) => inItsPipeline(each, imports)));
  return [...ofImports, ...strangers];
}

function setInStrangers(
  overrides: readonly Override[],
  source: JsonSource,
  known: ReadonlySet<string>,
  visited: ReadonlySet<string>,
): Diagnostic[] {
  return overrides.flatMap((override) => {
    const { pipeline = '' } = settingOf(override, source);
    const message = `${show(override.path)} is a setting of the pipeline ${show(pipeline)}, but no stage here depends on that pipeline.${suggestion(pipeline, [...visited])}`;
    const problem = { code: 'PIPELINE_UNKNOWN_PATH', message, location: override.location };
    return known.has(pipeline) ? [] : [problem];
  });
}

/** What is set in one of the pipelines. */
function handedTo(name: string, { applied, others }: HandedOn): HandedOn {
  const isMeant = ({ path }: Override) => readSettingPath(path).pipeline === name;
  return { applied: applied.filter(isMeant), others: others.filter(isMeant) };
}

async function loadImports(pipeline: ResolvedPipeline, stack: readonly string[], loader: Loader): Promise<void> {
  for (const stage of pipeline.stages.values()) {
    for (const [name, reference, at] of inputEntries(stage.inputs)) {
      if (reference.kind !== 'pipeline') continue;
      const location = pipeline.locate(stage.id, inputPath(name, at));
      const problem = await loadImport(reference, stack, loader);
      if (problem !== undefined) loader.diagnostics.push({ ...problem, location });
    }
  }
}

async function loadImport(
  { pipeline: name, folder }: PipelineReference,
  stack: readonly string[],
  loader: Loader,
): Promise<Diagnostic | undefined> {
  if (stack.includes(name)) {
    const cycle = [...stack.slice(stack.indexOf(name)), name].join(' -> ');
    return { code: 'PIPELINE_CYCLE', message: `Pipelines refer to each other in a cycle: ${cycle}.` };
  }
  const file = join(folder, `${name}${PIPELINE_SUFFIX}`);
  const known = loader.visited.get(name);
  if (known !== undefined) return known === file ? undefined : ambiguous(name, [known, file]);
  const siblings = await pipelineNames(folder);
  if (!siblings.includes(name)) {
    const message = `There is no pipeline "${name}" in the folder of this file.${suggestion(name, siblings)}`;
    return { code: 'PIPELINE_UNKNOWN_PIPELINE', message };
  }
  loader.visited.set(name, file);
  const { source, diagnostics } = await readExtended(file, loader.cwd);
  loader.diagnostics.push(...diagnostics);
  const excess = source === undefined ? [] : tooManyStages(source, loader.count());
  loader.diagnostics.push(...excess);
  if (source === undefined || excess.length > 0) return undefined;
  const handed = handedTo(name, loader.handedOn);
  const { pipeline, ...found } = resolveOne(
    source,
    { file, variant: undefined, cell: [], set: [], handed, stack },
    loader,
  );
  loader.diagnostics.push(...found.diagnostics);
  if (pipeline === undefined) return undefined;
  const imported = { ...pipeline, imports: loader.imports };
  loader.imports.set(name, imported);
  await loadImports(imported, [...stack, name], loader);
  return undefined;
}

/** Only where a pipeline extends one in another folder: each file's references are about its own folder. */
function ambiguous(name: string, files: readonly [string, string]): Diagnostic {
  const message = `Two pipelines "${name}" are used, ${files.join(' and ')}. Pipeline names tell their stages apart, so rename one of them.`;
  return { code: 'PIPELINE_AMBIGUOUS', message };
}

function tooManyStages(source: JsonSource, cells: number): Diagnostic[] {
  const stages = member(source.value, 'stages');
  const count = isObject(stages) ? Object.keys(stages).length : 0;
  if (count * cells <= MAX_STAGES) return [];
  const inCells = cells === 1 ? '' : ` in each of ${cells} cells of the matrix`;
  return [
    {
      code: 'PIPELINE_TOO_MANY_STAGES',
      message: `The pipeline has ${count} stages${inCells}, but at most ${MAX_STAGES} can be planned together. Split it: \`pipeline#stage.output\` refers to a stage of another file.`,
      location: source.locate(['stages']) ?? { file: source.file },
    },
  ];
}

/** @throws InvalidInputError when there are problems */
function refuse(diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length === 0) return;
  const different = [...new Map(diagnostics.map((each) => [JSON.stringify(each), each])).values()];
  const shown = inReadingOrder(different).slice(0, MAX_PROBLEMS);
  const hidden = different.length - shown.length;
  const message = `${hidden} more problems are not listed. Fix those above first.`;
  throw new InvalidInputError(hidden > 0 ? [...shown, { code: 'PIPELINE_MORE_PROBLEMS', message }] : shown);
}

/** Command line first, then file by file from top to bottom. */
function inReadingOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const files = [...new Set(diagnostics.map(({ location }) => location?.file))];
  const rank = ({ location }: Diagnostic) => (location?.line === undefined ? -1 : files.indexOf(location.file));
  return [...diagnostics].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (a.location?.line ?? 0) - (b.location?.line ?? 0) ||
      (a.location?.column ?? 0) - (b.location?.column ?? 0),
  );
}
