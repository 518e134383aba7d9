export { ArtifactStore } from './store.ts';
export type { RecordedArtifact, StageRecord } from './record.ts';
export type { PublishedArtifact } from './artifacts.ts';
export type { Attempt } from './attempts.ts';
export type { RunFiles } from './runs.ts';
export { mayBeAlive, type ProcessIdentity, thisProcess } from './process-identity.ts';
