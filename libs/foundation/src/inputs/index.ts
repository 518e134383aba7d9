export { type ByInput, byInput, type InputEntry, inputEntries, inputLabel, inputPath } from './inputs.ts';
