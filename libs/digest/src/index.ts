export { canonicalJson } from './canonical-json.ts';
export { digestBytes, digestJson, digestFile, type Digest } from './digest.ts';
export { fileIdentity, type FileIdentity, identityIn } from './file-identity.ts';
export { digestTree, listTree, type TreeEntry } from './tree.ts';
