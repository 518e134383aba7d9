import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { areSame, areSettled, statesOf } from './file-states.mjs';

/**
 * What is known of an npm package that is installed.
 *
 * @typedef {object} InstalledPackage
 * @property {string} version
 * @property {string[]} needs  names of packages that it may import
 * @property {string[]} optional  those of them that it works without
 * @property {boolean} isOfPlatform  made for some systems alone
 * @property {string} digest  of every file that is the same on all systems and that Node or the package may load
 * @property {string} binaries  the same of compiled code for this system; empty when it has none
 * @property {import('./file-states.mjs').FileStates} states  of all that decided this, from its folder
 */

/** Of a digest, as much as tells two versions of a file apart. */
const DIGEST_LENGTH = 16;
const PORTABLE = /\.(?:js|mjs|cjs|json|wasm)$/;
const NATIVE = /\.(?:node|dll|dylib|so)(?:\.\d+)*$/;
const SYSTEMS = new Set(['win32', 'darwin', 'linux', 'freebsd', 'openbsd', 'android', 'sunos', 'aix']);
const PROCESSORS = new Set(['x64', 'arm64', 'ia32', 'arm', 'ppc64', 's390x', 'riscv64', 'loong64', 'universal']);
const IN_FOLDER_OF_SYSTEM = new RegExp(`(^|/)(${[...SYSTEMS].join('|')})/(${[...PROCESSORS].join('|')})/`);
/** Of a package.json, what differs where the same package is published for each system apart. None of it is loaded. */
const OF_PUBLICATION = ['name', 'os', 'cpu', 'libc', 'scripts', 'optionalDependencies', 'publishConfig'];

/**
 * Reads a package, or takes what was read before when none of its files was touched since. Undefined when it is not there, or
 * its package.json is damaged.
 *
 * @param {string} folder
 * @param {InstalledPackage | undefined} known
 * @returns {{ package: InstalledPackage, isSettled: boolean } | undefined}  `isSettled`: worth remembering
 */
export function readPackage(folder, known) {
  if (known !== undefined && areSame(folder, known.states)) return { package: known, isSettled: true };
  const readAt = Date.now();
  const manifest = readManifest(folder);
  if (manifest === undefined) return undefined;
  const { names, folders } = listFiles(folder);
  const states = statesOf(folder, [...folders, ...names]);
  const { dependencies, optionalDependencies, peerDependencies, os, cpu, libc, version } = manifest;
  const needs = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
  const optional = [...Object.keys(optionalDependencies ?? {}), ...Object.keys(peerDependencies ?? {})];
  return {
    package: {
      version: String(version ?? ''),
      needs: needs.filter((name) => !name.startsWith('@types/')),
      optional,
      isOfPlatform: (os ?? cpu ?? libc) !== undefined,
      digest: digestOf(
        folder,
        names.filter((name) => isPortable(name)),
      ),
      binaries: digestOf(
        folder,
        names.filter((name) => !isPortable(name)),
      ),
      states,
    },
    isSettled: areSettled(states, readAt),
  };
}

/** @param {unknown} value  of a memo, which anybody may have written */
export function isInstalledPackage(value) {
  const { version, needs, optional, isOfPlatform, digest, binaries, states } = /** @type {InstalledPackage} */ (
    value ?? {}
  );
  const isListOfNames = (/** @type {unknown} */ list) =>
    Array.isArray(list) && list.every((name) => typeof name === 'string');
  return (
    [version, digest, binaries].every((text) => typeof text === 'string') &&
    [needs, optional].every(isListOfNames) &&
    typeof isOfPlatform === 'boolean' &&
    typeof states === 'object' &&
    states !== null &&
    'package.json' in states
  );
}

/** @param {string} folder */
function readManifest(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) ?? undefined;
  } catch {
    return undefined;
  }
}

/**
 * The files of a package that may be loaded here, and its folders, which show what was added. Packages inside are others.
 *
 * @param {string} root
 */
export function listFiles(root) {
  const [names, folders] = [/** @type {string[]} */ ([]), ['']];
  for (let at = 0; at < folders.length; at++) {
    const prefix = folders[at] === '' ? '' : `${folders[at]}/`;
    for (const entry of readdirSync(join(root, prefix), { withFileTypes: true })) {
      const name = `${prefix}${entry.name}`;
      if (entry.isDirectory() && entry.name !== 'node_modules') folders.push(name);
      else if (isLoadable(name)) names.push(name);
    }
  }
  return { names: names.sort(), folders };
}

/**
 * Whether a file of a package may be loaded on this system.
 *
 * @param {string} name
 */
export function isLoadable(name) {
  return isPortable(name) || ((NATIVE.test(name) || PORTABLE.test(name)) && isForThisSystem(name));
}

/** The same on every system: what lies in a folder such as `darwin/arm64` is there for that one alone. @param {string} name */
function isPortable(name) {
  return PORTABLE.test(name) && !IN_FOLDER_OF_SYSTEM.test(name);
}

/**
 * Unless its path names another system or processor: `bin/napi-v6/darwin/arm64/binding.node`.
 *
 * @param {string} name
 */
function isForThisSystem(name) {
  const words = name.toLowerCase().split(/[^a-z0-9]+/);
  const isFor = (/** @type {Set<string>} */ known, /** @type {string} */ own) =>
    !words.some((word) => known.has(word)) || words.includes(own);
  return isFor(SYSTEMS, process.platform) && (isFor(PROCESSORS, process.arch) || words.includes('universal'));
}

/**
 * @param {string} folder
 * @param {readonly string[]} names
 */
function digestOf(folder, names) {
  if (names.length === 0) return '';
  const lines = names.map((name) => `${name} ${createHash('sha256').update(contentOf(folder, name)).digest('hex')}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex').slice(0, DIGEST_LENGTH);
}

/**
 * @param {string} folder
 * @param {string} name
 */
function contentOf(folder, name) {
  if (name !== 'package.json') return readFileSync(join(folder, name));
  const members = Object.entries(readManifest(folder) ?? {}).filter(([member]) => !OF_PUBLICATION.includes(member));
  return JSON.stringify(Object.fromEntries(members));
}
