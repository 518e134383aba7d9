import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleName } from './memo.mjs';

/** Where a published package has the bundles that were made with it. A checkout has none: its sources may change. */
export const READY_BUNDLES = 'bundles';
export const INDEX = 'index.json';

/** @typedef {Record<string, { digest: string, packages: string[] }>} ReadyBundles  by `entryName` */

/**
 * @param {string} installation
 * @param {import('./types.mjs').Entry} entry
 * @returns {import('./closure.mjs').FoundBundle | undefined}
 */
export function findReadyBundle(installation, entry) {
  const ready = readReadyBundles(installation)[entryName(entry)];
  return ready && { ...ready, path: join(installation, READY_BUNDLES, bundleName(ready.digest)) };
}

/** @param {import('./types.mjs').Entry} entry */
export function entryName(entry) {
  return JSON.stringify(entry);
}

/** @type {Map<string, ReadyBundles>} */
const known = new Map();

/**
 * @param {string} installation
 * @returns {ReadyBundles}
 */
function readReadyBundles(installation) {
  const read = known.get(installation);
  if (read !== undefined) return read;
  let found = {};
  try {
    found = JSON.parse(readFileSync(join(installation, READY_BUNDLES, INDEX), 'utf8'));
  } catch {
    // A checkout.
  }
  known.set(installation, found);
  return found;
}
