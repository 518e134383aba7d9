import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodeError } from './code-error.mjs';

/**
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {boolean} [optional]
 * @property {string[]} [os]
 * @property {string[]} [cpu]
 * @property {string[]} [libc]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [optionalDependencies]
 * @property {Record<string, string>} [peerDependencies]
 */

/**
 * The locked versions of packages and of everything that they need. Without types, and without the optional packages
 * that hold one platform's binaries, so that it is the same list on every machine. Several versions of one package
 * are joined: "4.0.0, 5.1.0".
 *
 * @param {{ workspace: string, names: readonly string[] }} options
 * @returns {Promise<Record<string, string>>}
 * @throws {CodeError} CODE_PACKAGE_NOT_LOCKED
 */
export async function lockedPackages({ workspace, names }) {
  if (names.length === 0) return {};
  const locked = await readLock(workspace);
  /** @type {Map<string, Set<string>>} */
  const versions = new Map();
  const seen = new Set();
  const queue = names.map((name) => ({ name, from: '', isRequired: true }));
  for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
    const place = locate(locked, item.name, item.from);
    if (place === undefined && item.isRequired) throw notLocked(item.name);
    const entry = place === undefined ? undefined : locked[place];
    if (place === undefined || entry === undefined || seen.has(place) || isPlatformBinary(entry)) continue;
    seen.add(place);
    versions.set(item.name, (versions.get(item.name) ?? new Set()).add(entry.version ?? ''));
    queue.push(...needs(entry).map((name) => ({ name, from: place, isRequired: false })));
  }
  const sorted = [...versions].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, found]) => [name, [...found].sort().join(', ')]));
}

/**
 * @param {string} workspace
 * @returns {Promise<Record<string, LockedPackage>>}
 */
async function readLock(workspace) {
  const path = join(workspace, 'package-lock.json');
  try {
    return JSON.parse(await readFile(path, 'utf8')).packages ?? {};
  } catch (cause) {
    throw new CodeError(
      'CODE_NO_LOCK',
      `The versions of outside packages are read from ${path}, which cannot be read. Run npm install.`,
      { cause },
    );
  }
}

/** @param {string} name */
function notLocked(name) {
  return new CodeError(
    'CODE_PACKAGE_NOT_LOCKED',
    `The package "${name}" is imported but is not in package-lock.json. Run npm install.`,
  );
}

/**
 * Where Node finds package `name` when it is imported from the package at `from`: the nearest node_modules upwards.
 *
 * @param {Record<string, LockedPackage>} locked
 * @param {string} name
 * @param {string} from
 */
function locate(locked, name, from) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const place = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (place in locked) return place;
    if (at === '') return undefined;
  }
}

/** @param {LockedPackage} entry */
function isPlatformBinary({ optional, os, cpu, libc }) {
  return optional === true && (os ?? cpu ?? libc) !== undefined;
}

/** @param {LockedPackage} entry */
function needs({ dependencies, optionalDependencies, peerDependencies }) {
  const names = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
  return names.filter((name) => !name.startsWith('@types/'));
}
