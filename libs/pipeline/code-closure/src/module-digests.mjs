import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import { BUNDLE_OPTIONS } from './bundle-options.mjs';
import { isOfPackage } from './find-package.mjs';

/**
 * What a bundle was made of: each of our files by its path in the installation, and each file of a plug-in by its path in the
 * workspace or from the name of its npm package, with the digest of its minified source; each bundled npm package, and the bundlers themselves, with their version.
 *
 * @typedef {Readonly<Record<string, string>>} ModuleDigests
 */

const BUNDLERS = ['esbuild', 'rolldown'];

/** @type {Readonly<Record<string, import('esbuild').Loader>>} */
const LOADERS = { '.ts': 'ts', '.mjs': 'js', '.js': 'js', '.json': 'json' };

/**
 * Lists the modules of a bundle that left code in it. For people: it says which of them differs between two bundles. It
 * is never in a key, since a part of a module that the bundle leaves out changes its digest too.
 *
 * @param {object} options
 * @param {string} options.installation
 * @param {import('esbuild').Metafile} options.metafile
 * @param {(code: string) => Promise<string>} options.minify
 * @param {(file: string) => boolean} options.isOfPlugin
 * @returns {Promise<ModuleDigests>}
 */
export async function moduleDigests({ installation, metafile, minify, isOfPlugin }) {
  const names = Object.values(metafile.outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([name, { bytesInOutput }]) => bytesInOutput > 0 && !name.startsWith('<'))
    .map(([name]) => name);
  const listed = await Promise.all(
    names.map(async (name) => {
      const path = resolve(installation, name);
      if (isOfPackage(path, installation) && !isOfPlugin(path)) return packageVersion(path);
      const place = name.startsWith('../') ? fromWorkspace(path, name) : name;
      return /** @type {const} */ ([place.replace(/^(.*\/)?node_modules\//, ''), await digestOf(path, minify)]);
    }),
  );
  const bundlers = BUNDLERS.map((name) => /** @type {const} */ ([name, versionOf(name)]));
  const known = [...listed, ...bundlers].filter((entry) => entry !== undefined && entry[1] !== undefined);
  return Object.fromEntries(/** @type {[string, string][]} */ (known).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * A file of a plug-in has the same name wherever its workspace is: its path there.
 *
 * @param {string} path
 * @param {string} name  for a file of no workspace that has a configuration
 */
function fromWorkspace(path, name) {
  for (let at = dirname(path); at !== dirname(at); at = dirname(at)) {
    if (existsSync(join(at, 'retort.config.json')))
      return relative(at, path)
        .replaceAll(sep, '/')
        .replace(/^(.*\/)?node_modules\//, '');
  }
  return name;
}

/**
 * Undefined for a module that was made up for the bundle, such as its entry.
 *
 * @param {string} path
 * @param {(code: string) => Promise<string>} minify
 */
async function digestOf(path, minify) {
  const source = await readFile(path).catch(() => undefined);
  if (source === undefined) return undefined;
  const loader = LOADERS[extname(path)];
  const text = loader === undefined ? source : await minify(await stripped(source.toString('utf8'), loader));
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Without types, comments and white space.
 *
 * @param {string} source
 * @param {import('esbuild').Loader} loader
 */
async function stripped(source, loader) {
  const { transform } = await import('esbuild');
  const { target, format, minifySyntax, minifyWhitespace, legalComments, tsconfigRaw } = BUNDLE_OPTIONS;
  const options = { loader, target, format, minifySyntax, minifyWhitespace, legalComments, tsconfigRaw };
  return (await transform(source, options)).code;
}

/** @param {string} path  of a file in an npm package */
async function packageVersion(path) {
  for (let at = dirname(path); at !== dirname(at); at = dirname(at)) {
    const manifest = await readFile(join(at, 'package.json'), 'utf8').then(JSON.parse, () => undefined);
    if (typeof manifest?.name === 'string' && typeof manifest.version === 'string') {
      return /** @type {const} */ ([manifest.name, manifest.version]);
    }
  }
  return undefined;
}

/** @param {string} name */
function versionOf(name) {
  return createRequire(import.meta.url)(`${name}/package.json`).version;
}
