import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from './bundle.mjs';
import { lockedPackages } from './locked-packages.mjs';
import { findMemo, memoPath, writeMemo } from './memo.mjs';
import { writeAtomically } from './write-atomically.mjs';

/**
 * Bundles a file of the workspace, such as the command itself, into the workspace's cache folder.
 *
 * Answers in a few milliseconds, without loading a bundler, when no file that decided the last bundle was touched.
 *
 * @param {{ workspace: string, entryFile: string }} options  absolute paths
 * @returns {Promise<import('./types.mjs').CodeClosure>}
 * @throws {CodeError} CODE_DOES_NOT_BUNDLE, CODE_PACKAGE_NOT_LOCKED, CODE_NO_LOCK
 */
export function bundleEntry({ workspace, entryFile }) {
  return closure(realpathSync(workspace), { file: realpathSync(entryFile) });
}

/**
 * The program of a stage: the module that exports `run`, hosted in a process of its own.
 *
 * @param {{ workspace: string, module: string }} options  `module` as `@retort/stage-corpus/run`
 * @returns {Promise<import('./types.mjs').CodeClosure>}
 * @throws {CodeError} as `bundleEntry`
 */
export function closureOf({ workspace, module }) {
  const contents = `import { run } from ${JSON.stringify(module)};
import { hostStage } from '@retort/stage-kit/host';
await hostStage(run);
`;
  return closure(realpathSync(workspace), { contents, name: `${module} (hosted)` });
}

/**
 * What a stage's bundle was made of, so that two can be compared: our files by their path in the workspace, with the digest
 * of their minified source, and bundled npm packages with their version. Undefined when that bundle was made elsewhere,
 * or is gone.
 *
 * @param {{ workspace: string, digest: string }} options
 * @returns {Promise<Readonly<Record<string, string>> | undefined>}
 */
export async function readModules({ workspace, digest }) {
  return readFile(modulesPath(cacheFolder(realpathSync(workspace)), digest), 'utf8').then(JSON.parse, () => undefined);
}

/** @param {string} workspace */
function cacheFolder(workspace) {
  return join(workspace, 'node_modules', '.cache', 'retort', 'code');
}

/**
 * @param {string} folder
 * @param {string} digest
 */
function modulesPath(folder, digest) {
  return join(folder, `${digest}.modules.json`);
}

/**
 * @param {string} workspace
 * @param {import('./types.mjs').Entry} entry
 * @returns {Promise<import('./types.mjs').CodeClosure>}
 */
async function closure(workspace, entry) {
  const folder = cacheFolder(workspace);
  const bundlePath = (/** @type {string} */ digest) => join(folder, `${digest}.mjs`);
  const memo = memoPath(folder, entry);
  const known = await findMemo(memo, bundlePath);
  if (known !== undefined) return { digest: known.digest, packages: known.packages, path: bundlePath(known.digest) };
  const startedAt = Date.now();
  const { code, map, inputs, packages: names, listModules } = await bundle({ workspace, entry, outputFolder: folder });
  const packages = await lockedPackages({ workspace, names });
  const digest = createHash('sha256').update(code).digest('hex');
  const path = bundlePath(digest);
  const text = `${code}\n//# sourceMappingURL=${digest}.mjs.map\n`;
  if ('contents' in entry) await writeAtomically(modulesPath(folder, digest), JSON.stringify(await listModules()));
  await writeAtomically(`${path}.map`, map);
  await writeAtomically(path, text);
  const locks = ['package-lock.json', 'node_modules/.package-lock.json'].map((name) => join(workspace, name));
  await writeMemo(memo, { digest, packages, bytes: Buffer.byteLength(text), inputs: [...inputs, ...locks], startedAt });
  return { digest, packages, path };
}
