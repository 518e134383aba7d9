import { join } from 'node:path';
import type { Checkpoint, Checkpoints } from '@retort/plugin-kit';
import { type ExampleSplit, findTableFault, type PartialTable, type TablePosition } from '@retort/tables';
import type { PackerState } from './packer.ts';
import { findDocumentsFault, type PairsProgress } from './pairs-progress.ts';
import type { SplitWriter } from './split-writer.ts';

/** Those of text, and of examples also `test`. */
export type Split = ExampleSplit;

/** How far the stage is after a whole batch of its input. */
export interface Progress {
  /** Batches and rows of the input that are done. */
  readonly batches: number;
  readonly done: number;
  /** Examples that were cut. */
  readonly truncated: number;
  readonly splits: Readonly<Partial<Record<Split, SplitProgress>>>;
  /** Of sentence pairs alone. */
  readonly pairs?: PairsProgress | undefined;
}

export interface SplitProgress {
  readonly table: TablePosition;
  readonly counts: { readonly rows: number; readonly tokens: number };
  /** The row that waits for more sentences, where rows are packed. */
  readonly packer?: PackerState | undefined;
}

export interface LoadedProgress {
  readonly progress: Progress;
  readonly readArrays: Checkpoint['readArrays'];
}

/** Where the stage goes on; undefined where it begins. */
export async function loadProgress(checkpoints: Checkpoints): Promise<LoadedProgress | undefined> {
  const found = await checkpoints.load(async (state) => {
    const { splits, pairs } = state as Progress;
    const faults = Object.entries(splits).map(([split, { table }]) =>
      findTableFault(partialPath(checkpoints, split as Split) as string, table),
    );
    if (pairs && !splits.train?.table.isWhole) faults.push(findDocumentsFault(checkpoints, pairs));
    return (await Promise.all(faults)).find((fault) => fault !== undefined);
  });
  return found && { progress: found.state as Progress, readArrays: found.readArrays };
}

/** Where a split's file grows; undefined where nothing survives an attempt. */
export function partialTable(
  checkpoints: Checkpoints,
  split: Split,
  progress: Progress | undefined,
): PartialTable | undefined {
  const path = partialPath(checkpoints, split);
  return path === undefined ? undefined : { path, from: progress?.splits[split]?.table };
}

/** @param packers of the encoders, where there are any */
export async function splitProgress(
  writers: ReadonlyMap<Split, SplitWriter>,
  packers?: ReadonlyMap<Split, PackerState | undefined>,
): Promise<Progress['splits']> {
  const of = async ([split, { file, counts }]: [Split, SplitWriter]) =>
    [split, { table: await file.position(), counts: { ...counts }, packer: packers?.get(split) }] as const;
  return Object.fromEntries(await Promise.all([...writers].map(of)));
}

function partialPath({ folder }: Checkpoints, split: Split): string | undefined {
  return folder === undefined ? undefined : join(folder, `${split}.arrow`);
}
