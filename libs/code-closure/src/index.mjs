export { bundleEntry, closureOf, readModules } from './closure.mjs';
export { CodeError } from './code-error.mjs';
