import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OPTIONAL_PACKAGES, PUBLISHED_LOCK, READY_BUNDLES, writeReadyBundles } from '@retort/code-closure';
import { build } from 'esbuild';
import { closureOf, pinned, readLock } from './dependencies.mjs';
import { folderName, writeManifest } from './pack.mjs';

/** Programs of the command that run by themselves. */
const PROGRAMS = /** @type {const} */ ([
  { file: 'apps/cli/src/main.ts', forPlanning: true },
  { file: 'apps/cli/src/doctor/probe-process.ts' },
  { file: 'apps/cli/src/init/survey/main.ts' },
  { file: 'apps/cli/src/measure/main.ts' },
]);
/** What bundles are made with, and what is bundled in: plug-ins are bundled together with our stages. */
const FOR_BUNDLING = [
  'esbuild',
  'rolldown',
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-backend-cpu',
  '@tensorflow/tfjs-converter',
];
const BIN = 'apps/cli/bin/retort.mjs';

/**
 * `@retort/cli`: the sources, laid out as in the checkout, so that plug-ins can be bundled with them; the bundles that the checkout would make of them;
 * and the start of the command, with what it needs before a bundle can be run.
 *
 * @param {{ root: string, work: string, shared: Record<string, unknown>, native: readonly import('./native-packages.mjs').NativePackage[] }} options
 */
export async function stageCommand({ root, work, shared, native }) {
  const to = join(work, folderName('@retort/cli'));
  const lock = await readLock(root);
  const sources = await copySources(root, to);
  await cp(join(root, 'schemas'), join(to, 'schemas'), { recursive: true });
  await cp(join(root, 'README.md'), join(to, 'README.md'));
  await bundleStart(root, join(to, BIN));
  const stages = await readdir(join(root, 'libs/stages'));
  const imported = await writeReadyBundles({
    installation: root,
    folder: join(to, READY_BUNDLES),
    modules: stages.sort().map((stage) => `@retort/stage-${stage}/run`),
    files: PROGRAMS,
  });
  const needed = [...imported, ...FOR_BUNDLING].filter((name) => !OPTIONAL_PACKAGES.includes(name));
  const places = closureOf(lock, needed);
  const lockedPlaces = closureOf(lock, [...needed, ...OPTIONAL_PACKAGES]);
  await writeFile(
    join(to, PUBLISHED_LOCK),
    JSON.stringify({ packages: publishedLock(lock, lockedPlaces, { sources, native }) }, undefined, 1),
  );
  const republished = Object.fromEntries(native.map((each) => [each.name, `npm:${each.published}@${each.version}`]));
  const optional = OPTIONAL_PACKAGES.map((name) => [name, lock[`node_modules/${name}`]?.version]);
  await writeManifest(to, {
    name: '@retort/cli',
    ...shared,
    description: 'Turns a large BERT into a small one from one pipeline file, repeatably.',
    keywords: ['bert', 'distillation', 'onnx', 'pipeline'],
    bin: { retort: BIN },
    exports: { './package.json': './package.json', './schemas/*': './schemas/*' },
    dependencies: { ...pinned(lock, places), ...republished },
    peerDependencies: Object.fromEntries(optional),
    peerDependenciesMeta: Object.fromEntries(OPTIONAL_PACKAGES.map((name) => [name, { optional: true }])),
  });
}

/**
 * Our packages that are not tests or tools.
 *
 * @param {string} root
 * @param {string} to
 * @returns {Promise<string[]>} their folders
 */
async function copySources(root, to) {
  const manifests = await listFiles(join(root, 'libs'), (name) => name === 'package.json');
  const folders = ['apps/cli', ...manifests.map((path) => `libs/${dirname(path)}`)];
  for (const folder of folders) {
    const files = await listFiles(join(root, folder), isSource);
    for (const file of files) {
      await mkdir(dirname(join(to, folder, file)), { recursive: true });
      await cp(join(root, folder, file), join(to, folder, file));
    }
  }
  return folders;
}

/** @param {string} name */
function isSource(name) {
  return /\.(?:ts|mjs|json)$/.test(name) && !/\.test\.ts$|^tsconfig\.json$/.test(name);
}

const NOT_SOURCES = ['node_modules', 'test', 'fixtures', 'bin', 'simd'];

/**
 * @param {string} folder
 * @param {(name: string) => boolean} isWanted
 * @returns {Promise<string[]>} from the folder
 */
async function listFiles(folder, isWanted) {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      if (!entry.isDirectory()) return isWanted(entry.name) ? [entry.name] : [];
      if (NOT_SOURCES.includes(entry.name)) return [];
      return (await listFiles(join(folder, entry.name), isWanted)).map((name) => `${entry.name}/${name}`);
    }),
  );
  return found.flat();
}

/**
 * @param {string} root
 * @param {string} outfile
 */
async function bundleStart(root, outfile) {
  await build({
    entryPoints: [join(root, BIN)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['esbuild', 'rolldown'],
  });
}

/**
 * What the checkout's lock says of the packages that are published with this one, and where our own lie.
 *
 * @param {Readonly<Record<string, import('./dependencies.mjs').Locked>>} lock
 * @param {readonly string[]} places
 * @param {{ sources: readonly string[], native: readonly import('./native-packages.mjs').NativePackage[] }} ours
 */
function publishedLock(lock, places, { sources, native }) {
  const isRepublished = (/** @type {string} */ place) => native.some(({ name }) => place === `node_modules/${name}`);
  const outside = places.map((place) => {
    const { version, integrity } = lock[place] ?? {};
    return [place, isRepublished(place) ? { version } : { version, integrity }];
  });
  const own = Object.entries(lock).filter(([, { link, resolved }]) => link && sources.includes(resolved ?? ''));
  return Object.fromEntries([...outside, ...own.map(([place, { link, resolved }]) => [place, { link, resolved }])]);
}
