// @ts-check
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

export const PIPELINES_FOLDER = 'pipelines';
export const PIPELINE_SUFFIX = '.pipeline.json';
export const PROJECT_NAME = 'pipeline';

/**
 * @typedef {object} PipelineFile
 * @property {string} target the file's name without its ending; also what the pipeline must be called
 * @property {string} file relative to the workspace, with `/`
 * @property {string} description
 * @property {readonly string[]} variants empty for a file that cannot be read: then `retort` says what is wrong with it
 */

/**
 * What Nx needs of a pipeline file. Never throws: an exception while Nx builds its graph would break every other command.
 *
 * @param {string} workspaceRoot
 * @param {string} file relative to the workspace
 * @returns {PipelineFile}
 */
export function readPipelineFile(workspaceRoot, file) {
  const target = basename(file, PIPELINE_SUFFIX);
  try {
    const { description, variants } = readLayers(join(workspaceRoot, file));
    return { target, file, description: description ?? `Run ${file}`, variants };
  } catch (error) {
    return { target, file, description: `INVALID: ${error instanceof Error ? error.message : error}`, variants: [] };
  }
}

/** Files in a chain of `extends`, as `libs/pipeline/schema` allows them. */
const MAX_FILES = 8;

/**
 * Description and names of variants of a file with those that it extends; `null` takes a variant away.
 *
 * @param {string} path absolute
 * @param {number} [depth]
 * @returns {{ description: string | undefined, variants: string[] }}
 */
function readLayers(path, depth = 1) {
  const document = objectOf(JSON.parse(readFileSync(path, 'utf8')));
  const { extends: base, description, variants } = document;
  const below =
    typeof base === 'string' && depth < MAX_FILES
      ? readLayers(resolve(dirname(path), base), depth + 1)
      : { description: undefined, variants: [] };
  const own = objectOf(variants);
  const kept = variants === null ? [] : below.variants.filter((variant) => own[variant] !== null);
  const added = Object.keys(own).filter((variant) => own[variant] !== null);
  return {
    description: typeof description === 'string' ? description : below.description,
    variants: [...new Set([...kept, ...added])],
  };
}

/**
 * @param {unknown} value
 * @returns {Record<string, unknown>} empty for anything that is no object
 */
function objectOf(value) {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? /** @type {Record<string, unknown>} */ (value) : {};
}

/**
 * @param {string} workspaceRoot
 * @returns {readonly PipelineFile[]} sorted by name; empty where the workspace has no pipelines folder
 */
export function listPipelineFiles(workspaceRoot) {
  /** @type {string[]} */
  let names = [];
  try {
    names = readdirSync(join(workspaceRoot, PIPELINES_FOLDER)).filter((name) => name.endsWith(PIPELINE_SUFFIX));
  } catch {
    // No such folder: nothing to list.
  }
  return names.sort().map((name) => readPipelineFile(workspaceRoot, `${PIPELINES_FOLDER}/${name}`));
}
