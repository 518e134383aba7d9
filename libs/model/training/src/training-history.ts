import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '@retort/foundation/digest';
import type { Source } from '@retort/foundation/work';
import type { Tokens } from '@retort/tables';
import type { DistillationRecord } from './distillation/student-folder.ts';
import { rowLengths } from './token-batch.ts';
import type { TrainingSettings } from './train.ts';
import { type ValidationRecord, validationRecord } from './validation/record.ts';
import type { ValidationOutcome } from './validation/validation.ts';

/** One stage that has trained a model. */
export interface TrainingPhase {
  readonly stage: 'pretrain' | 'finetune' | 'student-train';
  readonly seed: number;
  readonly settings: TrainingSettings;
  readonly tokens: {
    readonly digest: string;
    readonly rows: number;
    readonly maxSequenceLength: number;
    readonly longestRow: number;
    /** Different ones that occur. */
    readonly words: number;
    readonly hasPairs: boolean;
  };
  /** What a student learned, and from whom. */
  readonly distillation?: DistillationRecord;
  /** Which rows were scored meanwhile, and what they decided. */
  readonly validation?: ValidationRecord;
}

/** How a model became what it is: a file beside its weights. A model without one was trained elsewhere, on all of its positions. */
export interface TrainingHistory {
  /** Positions that rows of some phase may have had; the embeddings of others are as they were at first. */
  readonly learnedPositions: number;
  /** Positions that rows of some phase had: as many tokens as the longest. Those between the two are as they were at first. */
  readonly reachedPositions: number;
  /** The model that the first phase trained further, or whose layers a new one started from; new weights where there is none. */
  readonly start: { readonly model?: string; readonly layersOf?: string };
  readonly phases: readonly TrainingPhase[];
}

const HISTORY_FILE = 'training.json';

export async function readHistory(folder: string): Promise<TrainingHistory | undefined> {
  const path = join(folder, HISTORY_FILE);
  return existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as TrainingHistory) : undefined;
}

/**
 * What training continues from.
 *
 * @param model    that is trained further
 * @param layersOf whose embeddings and layers a new model starts from
 */
export async function startingHistory(
  { model, layersOf }: { model?: Source | undefined; layersOf?: Source | undefined },
  { maxPositions }: { maxPositions: number },
): Promise<TrainingHistory> {
  if (model)
    return (
      (await readHistory(model.path)) ?? {
        learnedPositions: maxPositions,
        reachedPositions: maxPositions,
        start: { model: model.digest },
        phases: [],
      }
    );
  if (layersOf === undefined) return { learnedPositions: 0, reachedPositions: 0, start: {}, phases: [] };
  const { learnedPositions = maxPositions, reachedPositions = maxPositions } = (await readHistory(layersOf.path)) ?? {};
  return {
    learnedPositions: Math.min(learnedPositions, maxPositions),
    reachedPositions: Math.min(reachedPositions, maxPositions),
    start: { layersOf: layersOf.digest },
    phases: [],
  };
}

/** The history with one phase more. */
export function continued(
  history: TrainingHistory,
  {
    stage,
    context: { config, inputs, seed },
    tokens,
    distillation,
    validation,
  }: {
    stage: TrainingPhase['stage'];
    context: {
      readonly config: TrainingSettings;
      readonly seed: number;
      readonly inputs: { readonly tokens: Source; readonly validation?: Source };
    };
    tokens: Tokens;
    distillation?: DistillationRecord;
    validation?: ValidationOutcome | undefined;
  },
): TrainingHistory {
  const { epochs, batchSize, gradientAccumulation, optimizer } = config;
  const { maxSequenceLength } = tokens.metadata;
  const lengths = rowLengths(tokens);
  const longestRow = lengths.reduce((most, length) => Math.max(most, length), 0);
  const phase: TrainingPhase = {
    stage,
    seed,
    settings: { epochs, batchSize, gradientAccumulation, optimizer },
    tokens: {
      digest: inputs.tokens.digest,
      rows: tokens.rowCount,
      maxSequenceLength,
      longestRow,
      words: new Set(tokens.tokenIds).size,
      hasPairs: lengths.some((length, row) => (tokens.firstSegmentLengths[row] as number) < length),
    },
    ...(distillation && { distillation }),
    ...(validation && inputs.validation && { validation: validationRecord(validation, inputs.validation.digest) }),
  };
  return {
    ...history,
    learnedPositions: Math.max(history.learnedPositions, maxSequenceLength),
    reachedPositions: Math.max(history.reachedPositions, longestRow),
    phases: [...history.phases, phase],
  };
}

/** Names are sorted: the order of settings in a file or a schema is not in a key, so it must not decide bytes. */
export async function writeHistory(folder: string, history: TrainingHistory): Promise<void> {
  const sorted = JSON.parse(canonicalJson(history)) as unknown;
  await writeFile(join(folder, HISTORY_FILE), `${JSON.stringify(sorted, undefined, 2)}\n`);
}
