/** @typedef {import('./installed-packages.mjs').LockDifference} LockDifference */

export { cacheFile } from './cache-file.mjs';
export { bundleEntry, openCode } from './closure.mjs';
export { CodeError } from './code-error.mjs';
export { isLoadable, listFiles } from './installed-package.mjs';
export { runEntry } from './run-entry.mjs';
export { standIns } from './stand-ins.mjs';
