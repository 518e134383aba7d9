import { CHECKPOINT_FAULT_POINTS } from '@retort/foundation/work';
import { RUNNER_FAULT_POINTS } from '@retort/pipeline-runner';
import { STAGE_FAULT_POINTS } from '@retort/plugin-kit';
import { STORE_FAULT_POINTS } from '@retort/store';
import { TABLE_FAULT_POINTS } from '@retort/tables';

/** Every moment at which a test may end a process, in all layers. */
export const FAULT_POINTS: readonly string[] = [
  ...RUNNER_FAULT_POINTS,
  ...STORE_FAULT_POINTS,
  ...STAGE_FAULT_POINTS,
  ...CHECKPOINT_FAULT_POINTS,
  ...TABLE_FAULT_POINTS,
];

/** Passed only by a stage that goes on: the run must have been harmed before. */
export const AFTER_ANOTHER: Readonly<Record<string, string>> = { 'checkpoint.loaded': 'checkpoint.renamed' };
