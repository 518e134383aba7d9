export { canonicalJson } from './canonical-json.ts';
export { digestBytes, digestJson, digestFile, type Digest } from './digest.ts';
export { fileIdentity, type FileIdentity, identityIn, isSettled, settlingMilliseconds } from './file-identity.mjs';
export { digestTree, listTree, type TreeEntry } from './tree.ts';
