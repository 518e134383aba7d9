import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Enough for others who remove an empty parent at the same moment, as garbage collection does. */
const TRIES = 20;

/**
 * Makes a folder and those above it, as `mkdir -p` does. Node's own recursive `mkdir` never returns where the system says
 * "no such file or directory" below a folder that is there: a network drive that is gone, an automounter, `/proc`.
 *
 * Plain JavaScript, for `@retort/code-closure`, which runs before anything can load TypeScript.
 *
 * @param {string} path
 * @param {number} [mode]  permissions of the folder itself, where it is made
 * @throws an error with code NO_FOLDER_POSSIBLE, of which `diskError` makes DISK_NO_FOLDER; that of the system otherwise
 */
export async function makeFolder(path, mode) {
  for (let tries = 1; ; tries++) {
    try {
      return await mkdir(path, mode);
    } catch (error) {
      const { code } = /** @type {NodeJS.ErrnoException} */ (error);
      if (code !== 'ENOENT') {
        if (await isFolder(path)) return;
        throw error;
      }
      const parent = dirname(path);
      if (parent === path || tries === TRIES) throw noFolderPossible(path, error);
      if (!(await isFolder(parent))) await makeFolder(parent);
    }
  }
}

/** @param {string} path */
async function isFolder(path) {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

/**
 * @param {string} path
 * @param {unknown} cause
 */
function noFolderPossible(path, cause) {
  return Object.assign(new Error(`No folder can be created at ${path}`, { cause }), {
    code: 'NO_FOLDER_POSSIBLE',
    path,
  });
}
