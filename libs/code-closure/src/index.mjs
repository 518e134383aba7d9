export { bundleEntry, closureOf } from './closure.mjs';
export { CodeError } from './code-error.mjs';
