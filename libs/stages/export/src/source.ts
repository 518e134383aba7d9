import type { HostTensor } from '@retort/engine';
import type { LoadedModel, ModelFamily } from '@retort/families';
import type { Tokens } from '@retort/tables';
import type { Vocabulary } from '@retort/tokenizer/vocabulary';
import type { TrainingHistory } from '@retort/training';
import type { ExportFormat, RunnableFormat } from './format.ts';

/** What is exported, and the rows that it is compared on. */
export interface Source {
  readonly label: string;
  readonly digest: string;
  readonly folder: string;
  /** With the positions that it has learned. */
  readonly model: LoadedModel;
  /** How it was trained; undefined for a model that was trained elsewhere. */
  readonly history: TrainingHistory | undefined;
  readonly vocabulary: Vocabulary;
  readonly tokens: Tokens;
  /** The rows are the user's, not random. */
  readonly hasOwnTokens: boolean;
  /** Of the HuggingFace folder: whose class of transformers computes the model's head. */
  readonly family: ModelFamily;
  /** The HuggingFace folder answers like the model for single texts alone. */
  readonly isForSingleTexts: boolean;
}

/** Inputs of a forward pass: tokenIds, segmentIds and keyMask, int32 [batch, width]. */
export type Rows = Readonly<Record<'tokenIds' | 'segmentIds' | 'keyMask', HostTensor>>;

/** A format that was written, read back from its files and ready to run. */
export interface WrittenFormat extends RunnableFormat {
  readonly format: ExportFormat;
  readonly folder: string;
}
