import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Names of files with the versions that an installation asks for: npm's own in a checkout, its copy in a published package. */
const LOCKS = ['package-lock.json', 'bundles/lock.json'];
export const PUBLISHED_LOCK = /** @type {string} */ (LOCKS[1]);

/** @typedef {Record<string, { version?: string, integrity?: string, link?: boolean, resolved?: string }>} Lock  by place, such as `node_modules/ajv` */

/**
 * @param {string} installation
 * @returns {Lock}
 * @throws where there is none that can be read
 */
export function readLock(installation) {
  let reason;
  for (const name of LOCKS) {
    try {
      return JSON.parse(readFileSync(join(installation, name), 'utf8')).packages ?? {};
    } catch (error) {
      reason ??= error;
    }
  }
  throw reason;
}
