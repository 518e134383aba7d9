// @ts-check
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { globSync } from 'tinyglobby';
import { layerOf } from './layers.mjs';

/**
 * @typedef {object} WorkspacePackage
 * @property {string} name `@retort/stage-corpus`
 * @property {string} project the name in Nx: `corpus`
 * @property {string} folder relative to the workspace, with `/`
 * @property {string | undefined} layer undefined for a library that nobody has placed yet
 * @property {Readonly<Record<string, string>>} exports entry (`.`, `./run`) to a file relative to the package's folder
 */

/** What belongs to no package: installed or made, and the little workspaces that tests read. */
export const IGNORED = ['**/node_modules/**', '**/fixtures/**', '**/dist/**'];

/**
 * The packages of a workspace, found as npm finds them: by the `workspaces` of the root package.json.
 *
 * @param {string} workspace
 * @returns {WorkspacePackage[]} sorted by folder
 */
export function readPackages(workspace) {
  const { workspaces } = JSON.parse(readFileSync(join(workspace, 'package.json'), 'utf8'));
  const manifests = globSync(
    /** @type {string[]} */ (workspaces).map((pattern) => `${pattern}/package.json`),
    { cwd: workspace, ignore: IGNORED },
  );
  return manifests.sort().map((file) => {
    const folder = dirname(file);
    const { name, exports = {} } = JSON.parse(readFileSync(join(workspace, file), 'utf8'));
    return { name, project: projectName(name), folder, layer: layerOf(folder), exports };
  });
}

/** @param {string} name */
function projectName(name) {
  return name.replace(/^@retort\/(stage-)?/, '');
}
