import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { BUNDLE_OPTIONS } from './bundle-options.mjs';
import { CodeError } from './code-error.mjs';
import { moduleDigests } from './module-digests.mjs';
import { outsidePackages, packageOf } from './outside-packages.mjs';
import { standIns } from './stand-ins.mjs';

/**
 * Bundles an entry. Loads the bundlers, which takes a moment, and only here: this module is itself part of the command's
 * bundle, where static imports would load them each time.
 *
 * @param {{ installation: string, entry: import('./types.mjs').Entry, outputFolder: string }} options
 * @returns {Promise<import('./types.mjs').Bundle>}
 * @throws {CodeError} CODE_DOES_NOT_BUNDLE with the bundler's own messages; CODE_OF_OTHER_WORKSPACE
 */
export async function bundle({ installation, entry, outputFolder }) {
  const { build } = await import('esbuild');
  const resolution = outsidePackages(installation, entry.plugins);
  const from =
    'file' in entry
      ? { entryPoints: [join(installation, entry.file)] }
      : { stdin: { contents: entry.contents, resolveDir: installation, sourcefile: entry.name } };
  const result = await build({
    ...BUNDLE_OPTIONS,
    ...from,
    absWorkingDir: installation,
    outfile: join(outputFolder, 'bundle.mjs'),
    plugins: [...(entry.forPlanning ? [standIns()] : []), resolution.plugin],
  }).catch((error) => {
    throw resolution.refusal() ?? new CodeError('CODE_DOES_NOT_BUNDLE', error.message, { cause: error });
  });
  const [map, code] = byExtension(result.outputFiles);
  const minified = await minify(code, map);
  const { metafile } = result;
  const { isOfPlugin } = resolution;
  return {
    ...minified,
    listModules: () =>
      moduleDigests({ installation, metafile, isOfPlugin, minify: async (text) => (await minify(text)).code }),
    inputs: watchedFiles(metafile, { installation, links: resolution.links() }),
    packages: importedPackages(metafile),
  };
}

/** @param {import('esbuild').OutputFile[]} files */
function byExtension(files) {
  const find = (/** @type {string} */ end) =>
    /** @type {import('esbuild').OutputFile} */ (files.find((file) => file.path.endsWith(end))).text;
  return [find('.map'), find('.mjs')];
}

/**
 * Shortens names in the order in which they are used.
 *
 * @param {string} code
 * @param {string} [inputMap]
 */
async function minify(code, inputMap) {
  const { minifySync } = await import('rolldown/utils');
  const options = { mangle: { toplevel: true }, compress: false, codegen: { removeWhitespace: true }, module: true };
  const maps = inputMap === undefined ? {} : { sourcemap: true, inputMap: JSON.parse(inputMap) };
  const result = minifySync('bundle.mjs', code, { ...options, ...maps });
  if (result.errors.length > 0) {
    throw new CodeError('CODE_DOES_NOT_BUNDLE', result.errors.map((error) => error.message).join('\n'));
  }
  return { code: result.code, map: JSON.stringify(result.map) };
}

/** What decides a bundle besides its inputs: how it is made, and where packages lie. */
const ALWAYS_WATCHED = [
  ...['bundle', 'bundle-options', 'outside-packages', 'find-package', 'stand-ins'].map(
    (name) => `libs/pipeline/code-closure/src/${name}.mjs`,
  ),
  'package-lock.json',
  'node_modules/.package-lock.json',
];

/**
 * The files to watch for changes: what was bundled, also of npm packages, each file's package.json, which decides how imports
 * resolve, and the links by which our packages are found.
 *
 * @param {import('esbuild').Metafile} metafile
 * @param {{ installation: string, links: readonly string[] }} options
 */
function watchedFiles(metafile, { installation, links }) {
  const names = Object.keys(metafile.inputs).filter((name) => !name.startsWith('<') && !name.includes('(disabled):'));
  const files = names.map((name) => resolve(installation, name)).filter((path) => existsSync(path));
  const folders = [...new Set(files.map((file) => dirname(file)))];
  const manifests = folders.map((folder) => nearestManifest(folder, installation)).filter((path) => path !== undefined);
  const paths = [...files, ...manifests].map((path) => relative(installation, path).replaceAll(sep, '/'));
  return [...new Set([...paths, ...links.map((link) => `${link}/`), ...ALWAYS_WATCHED])].sort();
}

/**
 * @param {string} folder
 * @param {string} installation
 */
function nearestManifest(folder, installation) {
  for (let at = folder; at !== installation && at !== dirname(at); at = dirname(at)) {
    const manifest = join(at, 'package.json');
    if (existsSync(manifest)) return manifest;
  }
  return undefined;
}

/** @param {import('esbuild').Metafile} metafile */
function importedPackages(metafile) {
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  const names = imports.filter((item) => item.external).map((item) => packageOf(item.path));
  return [...new Set(names)].filter((name) => name !== undefined).sort();
}
