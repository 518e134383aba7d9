export { type HeadKind, HEAD_KINDS } from '../heads/head-kind.ts';
export {
  type CheckpointChoices,
  type CheckpointContents,
  type HeadChoice,
  inspectCheckpoint,
} from './inspect-checkpoint.ts';
export { readCheckpoint } from './read-checkpoint.ts';
