import { basename, dirname, join, relative } from 'node:path';
import type { Surroundings } from './settings.ts';

const SUFFIX = '.pipeline.json';

/** How a person would type `run` of a pipeline here: through Nx if that is how this one was started. */
export function runLine(
  { file, variant, args = [] }: { file: string; variant?: string | undefined; args?: readonly string[] },
  surroundings: Surroundings,
): string {
  const suffix = variant === undefined ? '' : `:${variant}`;
  const name = pipelineName(file, surroundings);
  if (surroundings.env.RETORT_COMMAND === 'nx' && name !== undefined)
    return shellLine(['npx', 'nx', 'run', `pipeline:${name}${suffix}`, ...args]);
  return shellLine(['npx', 'retort', 'run', `${name ?? relative(surroundings.cwd, file)}${suffix}`, ...args]);
}

/** The same for another command, which only `retort` itself has. */
export function retortLine(words: readonly string[]): string {
  return shellLine(['npx', 'retort', ...words]);
}

/** What to call a pipeline on the command line: its name where it lies in the workspace, else its file. */
export function pipelineWord(file: string, surroundings: Surroundings): string {
  return pipelineName(file, surroundings) ?? relative(surroundings.cwd, file);
}

function pipelineName(file: string, { workspace }: Surroundings): string | undefined {
  const isOwn = workspace !== undefined && dirname(file) === join(workspace, 'pipelines') && file.endsWith(SUFFIX);
  return isOwn ? basename(file, SUFFIX) : undefined;
}

function shellLine(words: readonly string[]): string {
  return words
    .map((word) =>
      /^[\w@%+=:,./#-]+$/.test(word) && !word.startsWith('#') ? word : `'${word.replaceAll("'", `'\\''`)}'`,
    )
    .join(' ');
}
