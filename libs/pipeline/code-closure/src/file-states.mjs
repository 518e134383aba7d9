import { lstatSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { identityIn, isSettled } from '@retort/foundation/digest/file-identity';

/**
 * What files looked like, by their path from a folder, with `/` at the end of a link that is meant itself.
 *
 * @typedef {Record<string, import('@retort/foundation/digest/file-identity').FileIdentity>} FileStates
 */

/** Of a file that is not there, which is a state too: an absent lock file. */
const ABSENT = '';

/**
 * @param {string} folder
 * @param {readonly string[]} names
 * @returns {FileStates}
 */
export function statesOf(folder, names) {
  return Object.fromEntries(names.map((name) => [name, stateOf(folder, name)]));
}

/**
 * @param {string} folder
 * @param {string} name
 */
function stateOf(folder, name) {
  const options = /** @type {const} */ ({ bigint: true, throwIfNoEntry: false });
  const stats = name.endsWith('/')
    ? lstatSync(join(folder, name.slice(0, -1)), options)
    : statSync(join(folder, name), options);
  return stats === undefined ? ABSENT : identityIn(stats);
}

/**
 * @param {string} folder
 * @param {FileStates} states
 */
export function areSame(folder, states) {
  return Object.entries(states).every(([name, state]) => stateOf(folder, name) === state);
}

/**
 * Whether files that were read after `readAt` can be told from what they may become.
 *
 * @param {FileStates} states
 * @param {number} readAt
 */
export function areSettled(states, readAt) {
  return Object.values(states).every((state) => state === ABSENT || isSettled(state, readAt));
}
