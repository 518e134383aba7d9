import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const MODULES = 'node_modules/';

/** @typedef {{ version: string, integrity?: string, link?: boolean, resolved?: string, dependencies?: Record<string, string>, optionalDependencies?: Record<string, string>, peerDependencies?: Record<string, string>, os?: string[], cpu?: string[], optional?: boolean }} Locked */

/**
 * @param {string} root
 * @returns {Promise<Record<string, Locked>>} by place, such as `node_modules/ajv`
 */
export async function readLock(root) {
  return JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')).packages;
}

/**
 * The places of packages and of all that they need.
 *
 * @param {Readonly<Record<string, Locked>>} lock
 * @param {readonly string[]} names
 * @returns {string[]}
 */
export function closureOf(lock, names) {
  const places = new Set(/** @type {string[]} */ ([]));
  const queue = names.map((name) => `${MODULES}${name}`);
  for (let place = queue.pop(); place !== undefined; place = queue.pop()) {
    const locked = lock[place];
    if (locked === undefined || places.has(place)) continue;
    places.add(place);
    const from = place;
    const needs = Object.keys({ ...locked.dependencies, ...locked.optionalDependencies, ...locked.peerDependencies });
    queue.push(...needs.flatMap((name) => placeOf(lock, name, from) ?? []));
  }
  return [...places].sort();
}

/**
 * @param {Readonly<Record<string, Locked>>} lock
 * @param {string} name
 * @param {string} from
 */
function placeOf(lock, name, from) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf(MODULES) - 1))) {
    const place = `${at === '' ? '' : `${at}/`}${MODULES}${name}`;
    if (place in lock) return place;
    if (at === '') return undefined;
  }
}

/**
 * Exact versions of packages and of all that they need, as far as npm has them side by side: keys hold what is installed, so
 * that an installation should have what the checkout has.
 *
 * @param {Readonly<Record<string, Locked>>} lock
 * @param {readonly string[]} places
 * @returns {Record<string, string>}
 */
export function pinned(lock, places) {
  const direct = places.filter((place) => place.lastIndexOf(MODULES) === 0 && lock[place]?.optional !== true);
  return Object.fromEntries(
    direct.map((place) => [place.slice(MODULES.length), /** @type {Locked} */ (lock[place]).version]),
  );
}
