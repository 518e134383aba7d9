import type { ExampleSplit, ResumableTables } from '@retort/tables';
import type { Tokenizer } from '@retort/tokenizer';
import type { PackerState } from './packer.ts';
import type { PairsProgress } from './pairs-progress.ts';
import type { SplitWriter } from './split-writer.ts';

/** `train` and `validation` of text, all of examples. */
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
  readonly counts: { readonly rows: number; readonly tokens: number };
  /** The row that waits for more sentences, where rows are packed. */
  readonly packer?: PackerState | undefined;
}

export type Tables = ResumableTables<Progress>;

export type Writers = ReadonlyMap<Split, SplitWriter>;

/** What texts are turned into tables with. */
export interface Texts {
  readonly tokenizer: Tokenizer;
  readonly writers: Writers;
  readonly tables: Tables;
}

/** @param packers of the encoders, where there are any */
export function splitProgress(
  writers: Writers,
  packers?: ReadonlyMap<Split, PackerState | undefined>,
): Progress['splits'] {
  return Object.fromEntries(
    [...writers].map(([split, { counts }]) => [split, { counts: { ...counts }, packer: packers?.get(split) }]),
  );
}
