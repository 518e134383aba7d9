import { join } from 'node:path';
import { type ExampleSplit, findTableFault, type PartialTable, type TablePosition } from '@retort/columnar';
import type { Checkpoints } from '@retort/stage-kit';
import type { PackerState } from './packer.ts';
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
}

export interface SplitProgress {
  readonly table: TablePosition;
  readonly counts: { readonly rows: number; readonly tokens: number };
  /** The row that waits for more sentences, where rows are packed. */
  readonly packer?: PackerState | undefined;
}

/** Where the stage goes on; undefined where it begins. */
export async function loadProgress(checkpoints: Checkpoints): Promise<Progress | undefined> {
  const found = await checkpoints.load(async (state) => {
    const faults = Object.entries((state as Progress).splits).map(([split, { table }]) =>
      findTableFault(partialPath(checkpoints, split as Split) as string, table),
    );
    return (await Promise.all(faults)).find((fault) => fault !== undefined);
  });
  return found?.state as Progress | undefined;
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
