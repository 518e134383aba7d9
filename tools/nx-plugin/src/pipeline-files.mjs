// @ts-check
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

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
    const document = JSON.parse(readFileSync(join(workspaceRoot, file), 'utf8'));
    const description = typeof document?.description === 'string' ? document.description : `Run ${file}`;
    const { variants } = document ?? {};
    const named = variants !== null && typeof variants === 'object' && !Array.isArray(variants);
    return { target, file, description, variants: named ? Object.keys(variants) : [] };
  } catch (error) {
    return { target, file, description: `INVALID: ${error instanceof Error ? error.message : error}`, variants: [] };
  }
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
