export { ArtifactStore, type StoreOptions } from './store.ts';
export { type Claim, ClaimLostError } from './claim.ts';
export type { ClaimHolder, ClaimPurpose } from './claim-holder.ts';
export type { ClaimResult } from './claims.ts';
export type { RecordedArtifact, StageRecord } from './record.ts';
export type { PublishedArtifact } from './artifacts.ts';
export type { Attempt } from './attempts.ts';
export type { RunFiles } from './runs.ts';
export { mayBeAlive, type ProcessIdentity, thisProcess } from './process-identity.ts';
