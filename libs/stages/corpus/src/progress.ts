import { join } from 'node:path';
import type { Checkpoints } from '@retort/plugin-kit';
import { findTableFault, type PartialTable, type TablePosition } from '@retort/tables';
import type { CorpusCounts } from './corpus-plan.ts';

/** How far the stage is after a whole batch of rows. */
export interface Progress {
  /** Of the input; undefined where no file is read. */
  readonly counts?: CorpusCounts | undefined;
  readonly batches: number;
  /** Passages that are written, in the order in which they are taken. */
  readonly passages: number;
  readonly sentences: number;
  readonly validation: number;
  readonly table: TablePosition;
}

/** Where the stage goes on; undefined where it begins. */
export async function loadProgress(checkpoints: Checkpoints): Promise<Progress | undefined> {
  const path = partialPath(checkpoints);
  const found = await checkpoints.load(async (state) => findTableFault(path as string, (state as Progress).table));
  return found?.state as Progress | undefined;
}

/** Where the text's file grows; undefined where nothing survives an attempt. */
export function partialTable(checkpoints: Checkpoints, progress: Progress | undefined): PartialTable | undefined {
  const path = partialPath(checkpoints);
  return path === undefined ? undefined : { path, from: progress?.table };
}

function partialPath({ folder }: Checkpoints): string | undefined {
  return folder === undefined ? undefined : join(folder, 'text.arrow');
}
