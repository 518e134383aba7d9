export { canonicalJson } from './canonical-json.ts';
export { type Digest, digestBytes, digestFile, digestJson } from './digest.ts';
export { type FileIdentity, fileIdentity, identityIn, isSettled, settlingMilliseconds } from './file-identity.mjs';
export { digestTree, listTree, type TreeEntry } from './tree.ts';
