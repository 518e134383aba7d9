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
 * @property {readonly string[]} references names of the pipelines whose stages this one takes, none of which leads back to it
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
    const { description, ...others } = readLayers(join(workspaceRoot, file));
    return { target, file, description: description ?? `Run ${file}`, ...others };
  } catch (error) {
    const description = `INVALID: ${error instanceof Error ? error.message : error}`;
    return { target, file, description, variants: [], references: [] };
  }
}

/** Files in a chain of `extends`, as `libs/pipeline/schema` allows them. */
const MAX_FILES = 8;

/**
 * Description, names of variants and references of a file with those that it extends; `null` takes a variant away.
 *
 * @param {string} path absolute
 * @param {number} [depth]
 * @returns {{ description: string | undefined, variants: string[], references: string[] }}
 */
function readLayers(path, depth = 1) {
  const document = objectOf(JSON.parse(readFileSync(path, 'utf8')));
  const { extends: base, description, variants, stages } = document;
  const below =
    typeof base === 'string' && depth < MAX_FILES
      ? readLayers(resolve(dirname(path), base), depth + 1)
      : { description: undefined, variants: [], references: [] };
  const own = objectOf(variants);
  const kept = variants === null ? [] : below.variants.filter((variant) => own[variant] !== null);
  const added = Object.keys(own).filter((variant) => own[variant] !== null);
  return {
    description: typeof description === 'string' ? description : below.description,
    variants: [...new Set([...kept, ...added])],
    references: [...new Set([...below.references, ...referencesIn(stages)])],
  };
}

/**
 * @param {unknown} stages
 * @returns {string[]} `general-distill` of each input `general-distill#teacher.model`
 */
function referencesIn(stages) {
  const inputs = Object.values(objectOf(stages)).flatMap((stage) => Object.values(objectOf(objectOf(stage).inputs)));
  return inputs.flat().flatMap((source) => (typeof source === 'string' && /^([^.#/]+)#/.exec(source)?.[1]) || []);
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
  const files = names.sort().map((name) => readPipelineFile(workspaceRoot, `${PIPELINES_FOLDER}/${name}`));
  return files.map((each) => ({ ...each, references: each.references.filter((name) => !leadsTo(name, each, files)) }));
}

/**
 * Whether a reference is unknown or closes a circle. Nx would run nothing at all then; `retort` says what is wrong.
 *
 * @param {string} name
 * @param {PipelineFile} goal
 * @param {readonly PipelineFile[]} files
 * @param {ReadonlySet<string>} [seen]
 * @returns {boolean}
 */
function leadsTo(name, goal, files, seen = new Set()) {
  const file = files.find(({ target }) => target === name);
  if (file === undefined || file === goal) return true;
  if (seen.has(name)) return false;
  const within = file.references.filter((each) => files.some(({ target }) => target === each));
  return within.some((each) => leadsTo(each, goal, files, new Set([...seen, name])));
}
