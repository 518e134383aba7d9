import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, isAbsolute, relative, resolve } from 'node:path';

export const PIPELINE_SUFFIX = '.pipeline.json';

/** Names of the pipeline files in a folder, sorted. */
export async function pipelineNames(folder: string): Promise<string[]> {
  const entries = await readdir(folder).catch(() => []);
  return entries
    .filter((entry) => entry.endsWith(PIPELINE_SUFFIX))
    .map((entry) => basename(entry, PIPELINE_SUFFIX))
    .sort();
}

/** What a pipeline in this file must be called. */
export function pipelineStem(file: string): string {
  return basename(file)
    .replace(/\.json$/, '')
    .replace(/\.pipeline$/, '');
}

/** A path as a person writes it, absolute: `~/` is the home folder, as in a shell; a folder that is called so is `./~/`. */
export function resolvePath(folder: string, path: string): string {
  return path === '~' || path.startsWith('~/') ? resolve(homedir(), `.${path.slice(1)}`) : resolve(folder, path);
}

/** The way a person would name the file from where they are. */
export function displayPath(file: string, cwd: string): string {
  const path = relative(cwd, file);
  return path.startsWith('..') || isAbsolute(path) ? file : path;
}
