/** @typedef {import('./installed-packages.mjs').LockDifference} LockDifference */

export { cacheFile } from './cache-file.mjs';
export { bundleEntry, openCode, writeReadyBundles } from './closure.mjs';
export { CodeError } from './code-error.mjs';
export { findPackage } from './find-package.mjs';
export { isLoadable, listFiles } from './installed-package.mjs';
export { PUBLISHED_LOCK } from './lock.mjs';
export { OPTIONAL_PACKAGES } from './outside-packages.mjs';
export { READY_BUNDLES } from './ready-bundles.mjs';
export { runEntry } from './run-entry.mjs';
export { standIns } from './stand-ins.mjs';
