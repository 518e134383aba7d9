import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Diagnostic, suggestion, UsageError } from '@retort/foundation/diagnostics';
import { readExtended } from './extended-source.ts';
import { isObject, member } from './json-value.ts';
import { displayPath, PIPELINE_SUFFIX, pipelineNames, resolvePath } from './pipeline-files.ts';

/** A pipeline file at a glance, with what it takes from files that it extends. Not validated beyond being JSON. */
export interface PipelineListing {
  /** The file's name without `.pipeline.json`. */
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  readonly description: string;
  readonly variants: readonly string[];
  /** Names of the pipelines that its inputs refer to, sorted. */
  readonly references: readonly string[];
  /** What keeps the file from being read. The other members are then empty. */
  readonly problem?: Diagnostic;
}

/** The pipeline files in a folder, by name. Never throws for what is in them; an absent folder has none. */
export async function listPipelines(folder: string): Promise<PipelineListing[]> {
  const names = await pipelineNames(folder);
  return Promise.all(names.map((name) => listing(name, resolve(folder, `${name}${PIPELINE_SUFFIX}`))));
}

async function listing(name: string, file: string): Promise<PipelineListing> {
  const { source, diagnostics } = await readExtended(file, process.cwd());
  const [problem] = diagnostics;
  const description = member(source?.value, 'description');
  return {
    name,
    file,
    description: typeof description === 'string' ? description : '',
    variants: Object.keys(objectOf(member(source?.value, 'variants'))),
    references: referencesOf(member(source?.value, 'stages')),
    ...(problem !== undefined && { problem }),
  };
}

function referencesOf(stages: unknown): string[] {
  const inputs = Object.values(objectOf(stages)).flatMap((stage) => Object.values(objectOf(member(stage, 'inputs'))));
  const names = inputs.flat().flatMap((input) => /^([^#/.]+)#/.exec(String(input))?.[1] ?? []);
  return [...new Set(names)].sort();
}

function objectOf(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

/**
 * The file that a person means by a name of a pipeline in `<workspace>/pipelines`, or by a path.
 *
 * @param workspace is asked only for a name
 * @param cwd what a relative path counts from
 * @throws UsageError PIPELINE_NOT_FOUND with the nearest name
 */
export async function findPipeline(nameOrFile: string, workspace: () => string, cwd: string): Promise<string> {
  const isPath = /[\\/]/.test(nameOrFile) || nameOrFile.endsWith('.json');
  if (isPath) {
    const file = resolvePath(cwd, nameOrFile);
    if (await isFile(file)) return file;
    throw new UsageError('PIPELINE_NOT_FOUND', `There is no pipeline file ${displayPath(file, cwd)}.`);
  }
  const folder = join(workspace(), 'pipelines');
  const file = join(folder, `${nameOrFile}${PIPELINE_SUFFIX}`);
  if (await isFile(file)) return file;
  const names = await pipelineNames(folder);
  const known = names.length === 0 ? ` There are no pipeline files in ${folder}.` : suggestion(nameOrFile, names);
  throw new UsageError('PIPELINE_NOT_FOUND', `No pipeline is named "${nameOrFile}".${known}`);
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}
