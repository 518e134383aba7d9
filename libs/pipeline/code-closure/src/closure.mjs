import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { makeFolder } from '@retort/foundation/diagnostics/make-folder';
import { bundle } from './bundle.mjs';
import { cacheFolders, writeToCache } from './cache-folders.mjs';
import { CodeError } from './code-error.mjs';
import { InstalledPackages } from './installed-packages.mjs';
import { bundleName, findMemo, writeMemo } from './memo.mjs';
import { OPTIONAL_PACKAGES } from './outside-packages.mjs';
import { entryName, findReadyBundle, INDEX, READY_BUNDLES } from './ready-bundles.mjs';
import { bundleText, isIntactBundle } from './verified-bundle.mjs';
import { writeAtomically } from './write-atomically.mjs';

/** @typedef {{ digest: string, path: string, packages: readonly string[] }} FoundBundle  `packages`: names of those outside */

/**
 * Bundles a file of the installation, such as the command itself, to be run at once: its bytes were read and are those of the
 * digest. Loads no bundler when no file that decided the last bundle was touched.
 *
 * @param {{ installation: string, entryFile: string, forPlanning?: true, plugins?: string[] }} options  absolute paths; further
 *   members as of `Entry`
 * @returns {Promise<{ digest: string, path: string, packages: readonly string[] }>}  `packages`: names of outside packages that it imports
 * @throws {CodeError} CODE_DOES_NOT_BUNDLE, CODE_OF_OTHER_WORKSPACE, CODE_CACHE_UNWRITABLE
 */
export async function bundleEntry({ installation, entryFile, ...more }) {
  const root = realpathSync(installation);
  const entry = { file: relative(root, realpathSync(entryFile)).replaceAll(sep, '/'), ...more };
  const found = await findBundle(root, entry);
  return found !== undefined && (await isIntactBundle(found.path, found.digest)) ? found : makeBundle(root, entry);
}

/**
 * The code of an installation's stages, with the packages that are installed, as they are when they are first asked for.
 *
 * @param {{ installation: string, optionalPackages?: readonly string[] }} options  `optionalPackages`: those of
 *   `OPTIONAL_PACKAGES` that the stages use, and so are in their closures
 */
export function openCode({ installation, optionalPackages = [] }) {
  const root = realpathSync(installation);
  const isUsed = (/** @type {string} */ name) => !OPTIONAL_PACKAGES.includes(name) || optionalPackages.includes(name);
  const installed = new InstalledPackages(root);
  const bundleOf = async (/** @type {string} */ program) =>
    (await findBundle(root, hosted(program))) ?? makeBundle(root, hosted(program));
  return {
    /**
     * The program of a stage: the module that exports `run`, hosted in a process of its own. Its bundle is there, but nobody
     * has looked into it: see `requireIntact`.
     *
     * @param {string} program  its module, as `@retort/stage-corpus/run`, then those of the plug-ins that it needs, one a line
     * @returns {Promise<import('./types.mjs').CodeClosure>}
     * @throws {CodeError} as `bundleEntry`; CODE_NO_LOCK, CODE_PACKAGE_NOT_LOCKED, CODE_PACKAGE_NOT_INSTALLED
     */
    async closureOf(program) {
      const { digest, path, packages } = await bundleOf(program);
      const described = installed.describe(packages.filter(isUsed));
      await installed.save();
      return { digest, path, ...described };
    },

    /**
     * To be asked for right before a stage's bundle is run: reads it, and makes it again where it is damaged or gone.
     *
     * @param {string} program
     * @param {Pick<import('./types.mjs').CodeClosure, 'digest' | 'path'>} closure
     * @returns {Promise<string>} where the bundle is
     * @throws {CodeError} CODE_CHANGED when it cannot be made again, because the sources are others by now
     */
    async requireIntact(program, { digest, path }) {
      if (await isIntactBundle(path, digest)) return path;
      const made = await makeBundle(root, hosted(program));
      if (made.digest === digest && (await isIntactBundle(made.path, digest))) return made.path;
      throw changedCode(program, path);
    },

    /**
     * What a stage's bundle was made of, so that two can be compared: our files by their path in the installation, with the digest
     * of their minified source, and bundled npm packages with their version. Undefined when that bundle was made elsewhere,
     * or is gone.
     *
     * @param {string} digest
     * @returns {Promise<Readonly<Record<string, string>> | undefined>}
     */
    async modulesOf(digest) {
      for (const folder of [join(root, READY_BUNDLES), ...bundleFolders(root)]) {
        const modules = await readFile(modulesPath(folder, digest), 'utf8')
          .then(JSON.parse)
          .catch(() => undefined);
        if (isRecordOfTexts(modules)) return modules;
      }
      return undefined;
    },

    /**
     * The outside packages that closures of these programs need, by where they are installed, with the archive of each that
     * the lock names.
     *
     * @param {readonly string[]} programs
     * @returns {Promise<{ folder: string, integrity: string | undefined }[]>}
     */
    async installedPackages(programs) {
      const bundles = await Promise.all(programs.map(bundleOf));
      return installed.list([...new Set(bundles.flatMap(({ packages }) => packages))].filter(isUsed));
    },

    /** Of the packages that the closures need, those whose installed version is not the locked one. */
    get lockDifferences() {
      return installed.differences;
    },
  };
}

/**
 * Puts the bundles of stages and of files into a folder that is published as `READY_BUNDLES`: the bytes that this checkout runs.
 *
 * @param {{ installation: string, folder: string, modules: readonly string[], files: readonly { file: string, forPlanning?: true }[] }} options
 * @returns {Promise<string[]>} names of the outside packages that they import
 */
export async function writeReadyBundles({ installation, folder, modules, files }) {
  const root = realpathSync(installation);
  /** @type {import('./ready-bundles.mjs').ReadyBundles} */
  const index = {};
  await makeFolder(folder);
  for (const entry of [...modules.map(hosted), ...files]) {
    const { digest, path, packages } = (await findBundle(root, entry)) ?? (await makeBundle(root, entry));
    if (!(await isIntactBundle(path, digest))) throw changedCode(entryName(entry), path);
    await cp(path, join(folder, bundleName(digest)));
    if ('contents' in entry) await cp(modulesPath(dirname(path), digest), modulesPath(folder, digest));
    index[entryName(entry)] = { digest, packages: [...packages] };
  }
  await writeFile(join(folder, INDEX), JSON.stringify(index, undefined, 1));
  return [...new Set(Object.values(index).flatMap(({ packages }) => packages))].sort();
}

/**
 * @param {string} program
 * @returns {import('./types.mjs').Entry}
 */
function hosted(program) {
  const [module = '', ...plugins] = program.split('\n');
  const [file, kind] = module.split('#');
  const [from, ...names] = [file, ...plugins].map((path) => JSON.stringify(path));
  // A plug-in's stage may have its `run` in its definition.
  const found =
    kind === undefined
      ? `import { run } from ${from};`
      : `import home from ${from};\nconst { run } = home.stages.find((stage) => stage.kind === ${JSON.stringify(kind)});`;
  const contents = `${found}
import { hostStage } from '@retort/plugin-kit/host';
${names.map((name, i) => `import plugin${i} from ${name};\n`).join('')}await hostStage(run${names.map((_, i) => `, plugin${i}`).join('')});
`;
  const own = [file, ...plugins].filter((path) => path !== undefined && isAbsolute(path));
  return { contents, name: `${module} (hosted)`, ...(own.length > 0 && { plugins: /** @type {string[]} */ (own) }) };
}

/** @param {string} installation */
function bundleFolders(installation) {
  return cacheFolders(installation).map((folder) => join(folder, 'code'));
}

/**
 * @param {string} folder
 * @param {string} digest
 */
function modulesPath(folder, digest) {
  return join(folder, `${digest}.modules.json`);
}

/**
 * The bundle that was made last, when nothing that decided it has changed since.
 *
 * @param {string} installation
 * @param {import('./types.mjs').Entry} entry
 * @returns {Promise<FoundBundle | undefined>}
 */
async function findBundle(installation, entry) {
  const ready = findReadyBundle(installation, entry);
  if (ready !== undefined) return ready;
  for (const folder of bundleFolders(installation)) {
    const memo = await findMemo(folder, { installation, entry });
    if (memo === undefined) continue;
    return { digest: memo.digest, path: join(folder, bundleName(memo.digest)), packages: memo.packages };
  }
  return undefined;
}

/**
 * @param {string} installation
 * @param {import('./types.mjs').Entry} entry
 * @returns {Promise<FoundBundle>}
 */
async function makeBundle(installation, entry) {
  const startedAt = Date.now();
  // Nothing is written here yet: paths of the source map count from it.
  const [outputFolder = ''] = bundleFolders(installation);
  const { code, map, inputs, packages, listModules } = await bundle({ installation, entry, outputFolder });
  const digest = createHash('sha256').update(code).digest('hex');
  const modules = 'contents' in entry ? JSON.stringify(await listModules()) : undefined;
  return writeToCache(installation, async (cache) => {
    const folder = join(cache, 'code');
    const path = join(folder, bundleName(digest));
    if (modules !== undefined) await writeAtomically(modulesPath(folder, digest), modules);
    await writeAtomically(`${path}.map`, folder === outputFolder ? map : rooted(map, outputFolder));
    await writeAtomically(path, bundleText(code, digest));
    await writeMemo(folder, { installation, entry }, { digest, packages, inputs, startedAt });
    return { digest, path, packages };
  });
}

/**
 * A source map that lies elsewhere than in the folder from which its paths count.
 *
 * @param {string} map
 * @param {string} folder
 */
function rooted(map, folder) {
  const { sources, ...more } = JSON.parse(map);
  const base = pathToFileURL(`${folder}/`);
  return JSON.stringify({ ...more, sources: sources.map((/** @type {string} */ path) => new URL(path, base).href) });
}

/** @param {unknown} value */
function isRecordOfTexts(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === 'string');
}

/**
 * @param {string} module
 * @param {string} path
 */
function changedCode(program, path) {
  return new CodeError(
    'CODE_CHANGED',
    `The bundle of ${program.replaceAll('\n', ' with ')} at ${path} is damaged or missing, and its sources have changed since the run was planned. Run again.`,
  );
}
