import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { folderName, readManifest, writeManifest } from './pack.mjs';

/**
 * A package whose npm archive holds the native libraries of all systems. It is republished as one package that is the same everywhere, and one for
 * each system, of which npm installs what `os`, `cpu` and `libc` allow.
 *
 * @typedef {object} NativePackage
 * @property {string} name  as it is imported
 * @property {string} published  the name that it is republished under
 * @property {string} version
 * @property {NativeLibrary[]} libraries
 * @property {string[]} folders  names of the folders of its packages while they are packed
 */

/**
 * @typedef {object} NativeLibrary
 * @property {string} name  by which the package requires it
 * @property {string} published
 * @property {string} os
 * @property {string} cpu
 * @property {string} [libc]
 * @property {string[]} files  from the package's folder
 * @property {string} main
 */

const SCOPE = '@retort/';
const LIBC = /** @type {Readonly<Record<string, string>>} */ ({ gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl' });

/**
 * @param {string} root
 * @returns {Promise<NativePackage[]>}
 */
export async function nativePackages(root) {
  return Promise.all([onnxruntime(root), tokenizers(root)]);
}

/** Requires `../bin/napi-v6/<os>/<cpu>/onnxruntime_binding.node`. @param {string} root */
async function onnxruntime(root) {
  const folder = join(root, 'node_modules/onnxruntime-node');
  const files = (await readdir(join(folder, 'bin'), { recursive: true })).map(
    (name) => `bin/${name.replaceAll('\\', '/')}`,
  );
  const bindings = files.filter((name) => name.endsWith('/onnxruntime_binding.node'));
  const libraries = bindings.map((main) => {
    const [cpu = '', os = ''] = main.split('/').reverse().slice(1);
    const published = `${SCOPE}onnxruntime-${os}-${cpu}`;
    const own = files.filter((name) => name.startsWith(`${dirname(main)}/`));
    return { name: published, published, os, cpu, files: own, main };
  });
  return described(folder, libraries);
}

/** Requires `tokenizers-<system>` where the library is not beside it. @param {string} root */
async function tokenizers(root) {
  const folder = join(root, 'node_modules/tokenizers');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.node'));
  const libraries = names.flatMap((main) => {
    const system = main.slice('tokenizers.'.length, -'.node'.length);
    const [os = '', cpu = '', abi = ''] = system.split('-');
    // Both processors of macOS have a library of their own.
    if (cpu === 'universal') return [];
    const libc = os === 'linux' ? LIBC[abi] : undefined;
    const name = `tokenizers-${system}`;
    return [{ name, published: SCOPE + name, os, cpu, ...(libc && { libc }), files: [main], main }];
  });
  return described(folder, libraries);
}

/**
 * @param {string} folder
 * @param {NativeLibrary[]} libraries
 * @returns {Promise<NativePackage>}
 */
async function described(folder, libraries) {
  const { name, version } = await readManifest(folder);
  const published = SCOPE + name;
  const folders = [published, ...libraries.map((library) => library.published)].map(folderName);
  return { name, published, version, libraries, folders };
}

/**
 * @param {{ root: string, work: string, native: readonly NativePackage[], onlyHere: boolean }} options
 */
export async function stageNativePackages({ root, work, native, onlyHere }) {
  for (const each of native) {
    const from = join(root, 'node_modules', each.name);
    const wanted = each.libraries.filter(
      ({ os, cpu }) => !onlyHere || (os === process.platform && cpu === process.arch),
    );
    for (const library of wanted) await stageLibrary(from, join(work, folderName(library.published)), each, library);
    await stagePortable(from, join(work, folderName(each.published)), { ...each, wanted });
  }
}

/**
 * @param {string} from
 * @param {string} to
 * @param {NativePackage} each
 * @param {NativeLibrary} library
 */
async function stageLibrary(from, to, { name, version }, { published, os, cpu, libc, files, main }) {
  const { license, repository } = await readManifest(from);
  const description = `The native libraries of ${name} ${version} for ${os} on ${cpu}, as they are in its npm package.`;
  await writeManifest(to, {
    name: published,
    version,
    description,
    license,
    repository,
    main,
    os: [os],
    cpu: [cpu],
    ...(libc && { libc: [libc] }),
  });
  for (const file of [...files, ...(await installScripts(from)), ...(await notices(from))]) await copy(from, to, file);
}

/**
 * All but the native libraries, to the byte, so that its digest in keys is that of the package it is made from.
 *
 * @param {string} from
 * @param {string} to
 * @param {NativePackage & { wanted: readonly NativeLibrary[] }} each  `wanted`: the others are not published. Yarn refuses to install what
 *   names a package that does not exist, even for another system.
 */
async function stagePortable(from, to, { published, version, libraries, wanted }) {
  const {
    os: _os,
    cpu: _cpu,
    scripts: _scripts,
    name: _name,
    publishConfig: _publish,
    ...manifest
  } = await readManifest(from);
  const optional = wanted.map((library) => [
    library.name,
    library.name === library.published ? version : `npm:${library.published}@${version}`,
  ]);
  await writeManifest(to, { name: published, ...manifest, optionalDependencies: Object.fromEntries(optional) });
  const native = new Set(libraries.flatMap(({ files }) => files));
  for (const file of await readdir(from, { recursive: true, withFileTypes: true })) {
    const path = join(file.parentPath, file.name).slice(from.length + 1);
    const isLibrary = native.has(path) || /\.(?:node|map|ts)$/.test(path);
    if (file.isFile() && path !== 'package.json' && !path.startsWith('node_modules') && !isLibrary)
      await copy(from, to, path);
  }
  for (const { name, main, files } of libraries.filter((library) => dirname(library.main) !== '.')) {
    // Node takes the folder of this name for the module, since there is no such file.
    const folder = join(to, main);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'index.js'), `module.exports = require('${name}');\n`);
    if (files.length === 0) throw new Error(`${name} has no files`);
  }
}

/** ONNX Runtime's own script that fetches the libraries for CUDA puts them beside those that are here. @param {string} folder */
async function installScripts(folder) {
  const names = await readdir(join(folder, 'script')).catch(() => []);
  return names.filter((name) => /^install.*\.js$/.test(name)).map((name) => `script/${name}`);
}

/** @param {string} folder */
async function notices(folder) {
  return (await readdir(folder)).filter((name) => /^(licen[cs]e|thirdpartynotices|notice)/i.test(name));
}

/**
 * @param {string} from
 * @param {string} to
 * @param {string} file
 */
async function copy(from, to, file) {
  await mkdir(dirname(join(to, file)), { recursive: true });
  await cp(join(from, file), join(to, file));
}
