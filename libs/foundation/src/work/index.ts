export { type Checkpoint, type CheckpointContent, type Checkpoints, withoutCheckpoints } from './checkpoints.ts';
export { CHECKPOINT_FAULT_POINTS } from './fault-points.ts';
export { FolderCheckpoints, type FolderCheckpointsOptions } from './folder-checkpoints.ts';
export { StageInterrupted } from './interrupted.ts';
export type { Progress, Source, Work } from './work.ts';
