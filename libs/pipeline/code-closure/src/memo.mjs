import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUNDLE_OPTIONS } from './bundle-options.mjs';
import { areSame, areSettled, statesOf } from './file-states.mjs';
import { writeAtomically } from './write-atomically.mjs';

const FORMAT = 3;

/**
 * What was bundled last, and the state of every file that decided it. Paths count from the installation, so that the memo of a
 * copied or moved installation describes the files that are there now.
 *
 * @typedef {object} Memo
 * @property {number} format
 * @property {string} digest
 * @property {string[]} packages  names of the outside packages that it imports
 * @property {import('./file-states.mjs').FileStates} bundle  of the bundle's own file, in the folder of the bundles
 * @property {import('./file-states.mjs').FileStates} inputs
 */

/**
 * @param {string} folder  of the bundles
 * @param {import('./types.mjs').Entry} entry
 */
function memoPath(folder, entry) {
  const identity = JSON.stringify({ FORMAT, BUNDLE_OPTIONS, entry });
  return join(folder, 'memo', `${createHash('sha256').update(identity).digest('hex').slice(0, 32)}.json`);
}

/**
 * The memo, if nothing has changed since, the bundle included: undefined when it is missing, damaged or out of date.
 *
 * @param {string} folder  of the bundles
 * @param {{ installation: string, entry: import('./types.mjs').Entry }} of
 * @returns {Promise<Memo | undefined>}
 */
export async function findMemo(folder, { installation, entry }) {
  try {
    const memo = /** @type {Memo} */ (JSON.parse(await readFile(memoPath(folder, entry), 'utf8')));
    if (memo.format !== FORMAT || !/^[0-9a-f]{64}$/.test(memo.digest)) return undefined;
    if (!memo.packages.every((name) => typeof name === 'string')) return undefined;
    const ownBundle = Object.keys(memo.bundle).join() === bundleName(memo.digest);
    return ownBundle && areSame(folder, memo.bundle) && areSame(installation, memo.inputs) ? memo : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Remembers a bundle, unless one of its inputs was written while it was made.
 *
 * @param {string} folder  of the bundles
 * @param {{ installation: string, entry: import('./types.mjs').Entry }} of
 * @param {{ digest: string, packages: string[], inputs: readonly string[], startedAt: number }} bundle
 */
export async function writeMemo(folder, { installation, entry }, { digest, packages, inputs, startedAt }) {
  const states = statesOf(installation, inputs);
  if (!areSettled(states, startedAt)) return;
  const bundle = statesOf(folder, [bundleName(digest)]);
  const memo = { format: FORMAT, digest, packages, bundle, inputs: states };
  await writeAtomically(memoPath(folder, entry), JSON.stringify(memo));
}

/** @param {string} digest */
export function bundleName(digest) {
  return `${digest}.mjs`;
}
