import { existsSync, lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';

/**
 * The folder of the npm package that an import from `folder` leads to, as Node finds it: in the nearest node_modules upwards.
 *
 * @param {string} name
 * @param {string} folder
 * @returns {string | undefined}
 */
export function findPackage(name, folder) {
  for (let at = folder; ; at = dirname(at)) {
    const found = join(at, 'node_modules', name);
    if (basename(at) !== 'node_modules' && existsSync(join(found, 'package.json')))
      return lstatSync(found).isSymbolicLink() ? realpathSync(found) : found;
    if (at === dirname(at)) return undefined;
  }
}

/**
 * Whether a file is of an npm package, and not of ours: an installation may itself lie in a node_modules folder.
 *
 * @param {string} path
 * @param {string} installation
 */
export function isOfPackage(path, installation) {
  const inside = path.startsWith(installation + sep) ? path.slice(installation.length) : path;
  return inside.includes(`${sep}node_modules${sep}`);
}

/**
 * The folder to install packages in: a checkout, or the project whose node_modules an installation lies in.
 *
 * @param {string} installation
 */
export function projectOf(installation) {
  return installation.split(`${sep}node_modules${sep}`)[0] ?? installation;
}
