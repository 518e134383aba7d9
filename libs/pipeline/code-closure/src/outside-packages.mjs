import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { CodeError } from './code-error.mjs';
import { findPackage, isOfPackage } from './find-package.mjs';
import { readLock } from './lock.mjs';

/** Their ES modules do not resolve in plain Node (imports without extensions), so they have to be bundled. */
const BUNDLED = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu', '@tensorflow/tfjs-converter'];

const NODE_MODULES = `${sep}node_modules${sep}`;

/** What an engine loads only when it is asked for, so that it need not be installed. */
export const OPTIONAL_PACKAGES = ['@tensorflow/tfjs-node-gpu'];

/**
 * The name of the npm package that a specifier imports from; undefined for Node's own modules and for paths.
 *
 * @param {string} specifier
 */
export function packageOf(specifier) {
  if (isBuiltin(specifier) || /^[./#]|^[a-z]+:/i.test(specifier)) return undefined;
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/**
 * How imports of packages resolve. npm packages that Node finds from the installation stay outside the bundle. Our own packages, the bundled ones with what they import, and packages that lie
 * elsewhere go in; what a bundled package requires on demand (tfjs's node-fetch) stays outside.
 *
 * A workspace package that a link leads away from to another checkout is refused: that one's code would run.
 *
 * What a plug-in imports resolves in the same way, from wherever it lies; Retort and tfjs are always the installation's own, for
 * two copies of tfjs do not know each other's tensors.
 *
 * @param {string} installation
 * @param {readonly string[]} [plugins]  files
 * @returns {{ plugin: import('esbuild').Plugin, isOfPlugin: (file: string) => boolean, links: () => string[], refusal: () => CodeError | undefined }}
 *   `links` by which packages were found, from the installation
 */
export function outsidePackages(installation, plugins = []) {
  const pluginFolders = plugins.map(packageFolder);
  const isOfPlugin = (/** @type {string} */ file) =>
    pluginFolders.some((folder) => isWithin(file, folder) && !file.slice(folder.length).includes(NODE_MODULES));
  const modules = realPath(join(installation, 'node_modules'));
  const lock = lockOf(installation);
  const own = ownPackages(lock);
  /** @type {Set<string>} */
  const links = new Set();
  /** @type {CodeError | undefined} */
  let refusal;
  /** @type {import('esbuild').Plugin} */
  const plugin = {
    name: 'outside-packages',
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
        const name = packageOf(path);
        if (pluginData === 'resolving' || name === undefined || kind === 'entry-point') return undefined;
        const isPlugin = isOfPlugin(importer);
        if (BUNDLED.includes(name) && !isPlugin) return undefined;
        if (OPTIONAL_PACKAGES.includes(name)) return { path, external: true };
        const folder = own.get(name);
        if (folder !== undefined && !existsSync(join(installation, 'node_modules', name)))
          return { path: exportedFile(join(installation, folder), path.slice(name.length)) };
        if (isOfPackage(importer, installation) && !isPlugin) {
          return kind === 'require-call' ? { path, external: true } : undefined;
        }
        const isShared = isPlugin && (BUNDLED.includes(name) || name.startsWith('@retort/'));
        const from = isShared ? { resolveDir: installation } : { importer, resolveDir };
        const found = await build.resolve(path, { kind, ...from, pluginData: 'resolving' });
        if (found.errors.length > 0) return found;
        if (folder !== undefined && !isWithin(found.path, join(installation, folder))) {
          refusal ??= otherWorkspace({ installation, modules, name, folder, found: found.path });
          return { errors: [{ text: refusal.message }] };
        }
        if (BUNDLED.includes(name)) return found;
        // What a plug-in alone needs goes in: no lock of ours says its version.
        const outside = !isPlugin || `node_modules/${name}` in lock ? findPackage(name, installation) : undefined;
        if (outside !== undefined && isOfPackage(found.path, installation) && isWithin(found.path, realPath(outside)))
          return { path, external: true };
        links.add(`node_modules/${name}`);
        return found;
      });
    },
  };
  return { plugin, isOfPlugin, links: () => [...links], refusal: () => refusal };
}

/** @param {string} installation */
function lockOf(installation) {
  try {
    return readLock(installation);
  } catch {
    return {};
  }
}

/**
 * Name of each of our packages -> its folder.
 *
 * @param {import('./lock.mjs').Lock} lock
 * @returns {Map<string, string>}
 */
function ownPackages(lock) {
  return new Map(
    Object.entries(lock).flatMap(([place, { link, resolved }]) =>
      link === true && resolved ? [[place.replace(/^node_modules\//, ''), resolved]] : [],
    ),
  );
}

/**
 * A file of one of our packages where no node_modules links to it, as in a published package.
 *
 * @param {string} folder
 * @param {string} subpath  after the package's name
 * @returns {string}
 */
function exportedFile(folder, subpath) {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, exports[`.${subpath}`]);
}

/** @param {{ installation: string, modules: string, name: string, folder: string, found: string }} finding */
function otherWorkspace({ installation, modules, name, folder, found }) {
  const own = join(installation, 'node_modules');
  const [why, remedy] =
    modules === own ? ['', 'Run'] : [`, because ${own} is a link to ${modules}`, 'Remove that link and run'];
  return new CodeError(
    'CODE_OF_OTHER_WORKSPACE',
    `The package "${name}" of this checkout is ${join(installation, folder)}, but its import leads to ${found}${why}. Other code than this checkout's would run. ${remedy} npm ci in ${installation}.`,
  );
}

/**
 * The folder of the package that a file belongs to; its own folder where there is none.
 *
 * @param {string} file
 */
function packageFolder(file) {
  for (let at = dirname(realPath(file)); at !== dirname(at); at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at;
  }
  return dirname(realPath(file));
}

/**
 * @param {string} path
 * @param {string} folder
 */
function isWithin(path, folder) {
  return path.startsWith(folder + sep);
}

/** @param {string} path */
function realPath(path) {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
