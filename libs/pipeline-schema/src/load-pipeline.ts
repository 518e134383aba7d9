import { readdir } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { type Diagnostic, InvalidInputError, suggestion } from '@retort/diagnostics';
import type { StageDefinition } from '@retort/stage-kit';
import { readSource } from './json-source.ts';
import { resolveDocument } from './resolve-document.ts';
import type { ResolvedPipeline } from './resolved-pipeline.ts';

export const PIPELINE_SUFFIX = '.pipeline.json';

export interface LoadOptions {
  /** Pipeline file; a relative path counts from `cwd`. */
  readonly file: string;
  /** `uses` -> definition. */
  readonly registry: ReadonlyMap<string, StageDefinition>;
  readonly variant?: string | undefined;
  /** `path=value`, applied in order after the variant. */
  readonly set?: readonly string[] | undefined;
  /** What paths in `set` count from, and file names in messages are relative to. The process's own when missing. */
  readonly cwd?: string | undefined;
}

/**
 * Reads a pipeline file, and those that it refers to, into a valid document.
 *
 * Whether references between stages lead anywhere is not checked here: that is the graph's part.
 *
 * @throws InvalidInputError with every problem that was found in all files
 */
export async function loadPipeline(options: LoadOptions): Promise<ResolvedPipeline> {
  const cwd = resolve(options.cwd ?? process.cwd());
  const loader: Loader = { registry: options.registry, cwd, imports: new Map(), visited: new Set(), diagnostics: [] };
  const pipeline = await load(
    { file: resolve(cwd, options.file), variant: options.variant, set: options.set ?? [], stack: [] },
    loader,
  );
  if (loader.diagnostics.length > 0 || pipeline === undefined)
    throw new InvalidInputError(inReadingOrder(loader.diagnostics));
  return pipeline;
}

interface Loader {
  readonly registry: ReadonlyMap<string, StageDefinition>;
  readonly cwd: string;
  readonly imports: Map<string, ResolvedPipeline>;
  readonly visited: Set<string>;
  readonly diagnostics: Diagnostic[];
}

interface Job {
  readonly file: string;
  readonly variant: string | undefined;
  readonly set: readonly string[];
  /** Names of the pipelines that led here, outermost first. */
  readonly stack: readonly string[];
}

async function load({ file, variant, set, stack }: Job, loader: Loader): Promise<ResolvedPipeline | undefined> {
  const { source, diagnostics } = await readSource(file, displayPath(file, loader.cwd));
  loader.diagnostics.push(...diagnostics);
  if (source === undefined) return undefined;
  const result = resolveDocument(source, {
    file,
    registry: loader.registry,
    variant,
    set,
    cwd: loader.cwd,
    usedBy: stack.at(-1),
  });
  loader.diagnostics.push(...result.diagnostics);
  if (result.pipeline === undefined) return undefined;
  const pipeline = { ...result.pipeline, imports: loader.imports };
  await loadImports(pipeline, [...stack, pipeline.name], loader);
  return pipeline;
}

async function loadImports(pipeline: ResolvedPipeline, stack: readonly string[], loader: Loader): Promise<void> {
  for (const stage of pipeline.stages.values()) {
    for (const [role, reference] of Object.entries(stage.inputs)) {
      if (reference.kind !== 'pipeline') continue;
      const location = pipeline.locate(stage.id, ['inputs', role]);
      const problem = await loadImport(reference.pipeline, pipeline, stack, loader);
      if (problem !== undefined) loader.diagnostics.push({ ...problem, location });
    }
  }
}

async function loadImport(
  name: string,
  from: ResolvedPipeline,
  stack: readonly string[],
  loader: Loader,
): Promise<Diagnostic | undefined> {
  if (stack.includes(name)) {
    const cycle = [...stack.slice(stack.indexOf(name)), name].join(' -> ');
    return { code: 'PIPELINE_CYCLE', message: `Pipelines refer to each other in a circle: ${cycle}.` };
  }
  if (loader.visited.has(name)) return undefined;
  const siblings = await pipelineNames(dirname(from.file));
  if (!siblings.includes(name)) {
    const message = `There is no pipeline "${name}" in the folder of this file.${suggestion(name, siblings)}`;
    return { code: 'PIPELINE_UNKNOWN_PIPELINE', message };
  }
  loader.visited.add(name);
  const imported = await load(
    { file: join(dirname(from.file), `${name}${PIPELINE_SUFFIX}`), variant: undefined, set: [], stack },
    loader,
  );
  if (imported !== undefined) loader.imports.set(name, imported);
  return undefined;
}

/** Names of the pipeline files in a folder, sorted. */
export async function pipelineNames(folder: string): Promise<string[]> {
  const entries = await readdir(folder).catch(() => []);
  return entries
    .filter((entry) => entry.endsWith(PIPELINE_SUFFIX))
    .map((entry) => basename(entry, PIPELINE_SUFFIX))
    .sort();
}

/** The way a person would name the file from where they are. */
export function displayPath(file: string, cwd: string): string {
  const path = relative(cwd, file);
  return path.startsWith('..') || isAbsolute(path) ? file : path;
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
