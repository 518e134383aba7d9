import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BUNDLE_OPTIONS } from './bundle-options.mjs';
import { writeAtomically } from './write-atomically.mjs';

const FORMAT = 2;
/** A file written this short before it was read may change again without its time changing. */
const CLOCK_GRAIN_MILLISECONDS = 20;

/**
 * What was bundled last, and the state of every file that decided it.
 *
 * @typedef {object} Memo
 * @property {number} format
 * @property {string} digest
 * @property {Record<string, string>} packages
 * @property {number} bytes  size of the bundle
 * @property {FileState[]} inputs
 */

/** @typedef {{ path: string, size: number, mtimeMs: number, ctimeMs: number, ino: number }} FileState */

/**
 * @param {string} folder
 * @param {import('./types.mjs').Entry} entry
 */
export function memoPath(folder, entry) {
  const identity = JSON.stringify({ FORMAT, BUNDLE_OPTIONS, entry });
  return join(folder, 'memo', `${createHash('sha256').update(identity).digest('hex').slice(0, 32)}.json`);
}

/**
 * The memo, if nothing has changed since: undefined when it is missing, damaged or out of date.
 *
 * @param {string} path
 * @param {(digest: string) => string} bundlePath
 * @returns {Promise<Memo | undefined>}
 */
export async function findMemo(path, bundlePath) {
  try {
    const memo = /** @type {Memo} */ (JSON.parse(await readFile(path, 'utf8')));
    if (memo.format !== FORMAT || !/^[0-9a-f]{64}$/.test(memo.digest)) return undefined;
    const [bundle, states] = await Promise.all([
      stat(bundlePath(memo.digest)),
      Promise.all(memo.inputs.map((input) => stateOf(input.path))),
    ]);
    const isFresh =
      bundle.size === memo.bytes &&
      states.every((state, i) => isSame(state, /** @type {FileState} */ (memo.inputs[i])));
    return isFresh ? memo : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Remembers a bundle, unless one of its inputs was written while it was made.
 *
 * @param {string} path
 * @param {{ digest: string, packages: Record<string, string>, bytes: number, inputs: string[], startedAt: number }} bundle
 */
export async function writeMemo(path, { digest, packages, bytes, inputs, startedAt }) {
  const states = await Promise.all(inputs.map(stateOf));
  if (states.some((state) => state.ctimeMs > startedAt - CLOCK_GRAIN_MILLISECONDS)) return;
  await writeAtomically(path, JSON.stringify({ format: FORMAT, digest, packages, bytes, inputs: states }));
}

/**
 * A file that does not exist has a state too: an absent lock file.
 *
 * @param {string} path
 * @returns {Promise<FileState>}
 */
async function stateOf(path) {
  const { size, mtimeMs, ctimeMs, ino } = await stat(path).catch(() => ({ size: -1, mtimeMs: 0, ctimeMs: 0, ino: 0 }));
  return { path, size, mtimeMs, ctimeMs, ino };
}

/**
 * @param {FileState} a
 * @param {FileState} b
 */
function isSame(a, b) {
  return a.size === b.size && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs && a.ino === b.ino;
}
