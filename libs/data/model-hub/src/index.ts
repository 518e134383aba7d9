export type { HubEnvironment } from './cache.ts';
export { copyModel, downloadModel, isDownloaded, type ModelDownload, modelFolder } from './download-model.ts';
export { modelDigest } from './file-list.ts';
export { type HubReference, isCommit, parseHubReference } from './reference.ts';
export { resolveRevision } from './revision.ts';
