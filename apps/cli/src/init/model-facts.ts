import { type HeadChoice, headRefusal } from '@retort/families/foreign-model';
import { type Diagnostic, InvalidInputError, UsageError } from '@retort/foundation/diagnostics';
import type { Task } from '@retort/foundation/task';
import { withDefaults } from '@retort/pipeline-schema';
import type { Architecture, Facts } from '@retort/plugin-kit';
import { importModel } from '@retort/stage-import-model';

/** What `import-model` does with rows of the embedding table that no token reaches. */
export const UNUSED_EMBEDDINGS = ['refuse', 'drop'] as const;
export type UnusedEmbeddings = (typeof UNUSED_EMBEDDINGS)[number];

export interface ModelFacts {
  readonly architecture: Architecture;
  readonly vocabularySize: number;
  readonly segmentTypes: number;
  /** It has a segment for the second text of a pair, or its tokenizer needs none. */
  readonly readsPairs: boolean;
  /** Width of its embeddings, where they are projected to that of its layers. */
  readonly embeddingSize?: number;
  /** What its classification head gives, or why that cannot be taken over, as the rest of a sentence. */
  readonly head:
    | {
        readonly kind: HeadChoice;
        readonly task: Task;
        /** What there is to say of the model with its head, in place of its own `warnings`. */
        readonly warnings: readonly string[];
      }
    | { readonly refusal: string };
  readonly choices: ImportChoices;
  /** What there is to say of the model without its head. */
  readonly warnings: readonly string[];
}

/** Settings of `import-model` that are not about its head; those that were not needed are missing. */
export interface ImportChoices {
  readonly unusedEmbeddings?: UnusedEmbeddings;
  readonly ignoreTensors?: readonly string[];
}

/** What the setting `maxSequenceLength` takes. */
const LEAST_POSITIONS = 8;

interface Inspected {
  readonly warnings: readonly string[];
  readonly facts: Facts;
  readonly problems: readonly Diagnostic[];
}

/** Asked where the embedding table has rows that no token reaches; false refuses the model. */
export type MayDrop = (problem: Diagnostic) => Promise<boolean>;

/**
 * What a model folder says of itself, from its headers: nothing of its weights is read.
 *
 * @throws InvalidInputError with everything that keeps `import-model` from reading it
 */
export async function readModelFacts(folder: string, given: ImportChoices, mayDrop: MayDrop): Promise<ModelFacts> {
  const { choices, facts, warnings } = await inspectBare(folder, given, mayDrop);
  const { architecture, vocabularySize, segmentTypes = 2, embeddingSize } = facts;
  if (architecture === undefined || vocabularySize === undefined)
    throw new UsageError('INIT_MODEL', `The config.json in ${folder} does not give the geometry of the model.`);
  if (architecture.maxPositions < LEAST_POSITIONS)
    throw new UsageError(
      'INIT_MODEL',
      `The model in ${folder} has ${architecture.maxPositions} positions, but a row of tokens needs at least ${LEAST_POSITIONS}.`,
    );
  return {
    architecture,
    vocabularySize,
    segmentTypes,
    readsPairs: segmentTypes > 1 || facts.pairsInOneSegment === true,
    ...(embeddingSize === undefined ? {} : { embeddingSize }),
    head: await readHead(folder, choices),
    choices,
    warnings,
  };
}

async function inspectBare(
  folder: string,
  choices: ImportChoices,
  mayDrop: MayDrop,
): Promise<Pick<Inspected, 'facts' | 'warnings'> & { choices: ImportChoices }> {
  const found = await inspect(folder, { ...choices, head: 'none' });
  if (found.problems.length === 0) return { ...found, choices };
  const dropping = { ...choices, unusedEmbeddings: 'drop' as const };
  const dropped = await inspect(folder, { ...dropping, head: 'none' });
  if (
    dropped.problems.length === 0 &&
    choices.unusedEmbeddings === undefined &&
    (await mayDrop(found.problems[0] as Diagnostic))
  )
    return { ...dropped, choices: dropping };
  throw new InvalidInputError(found.problems);
}

/** The head as whoever trained it computed it. One that cannot be read is trained anew, as if there were none. */
async function readHead(folder: string, choices: ImportChoices): Promise<ModelFacts['head']> {
  for (const kind of ['huggingface', 'reference'] as const) {
    if ((await headRefusal(folder, kind)) !== undefined) continue;
    const { facts, problems, warnings } = await inspect(folder, { ...choices, head: kind });
    const { task } = facts;
    if (problems.length === 0 && task !== undefined) return { kind, task, warnings };
    break;
  }
  return { refusal: (await headRefusal(folder, 'huggingface')) ?? 'it has no classification head that can be read' };
}

async function inspect(folder: string, settings: Readonly<Record<string, unknown>>): Promise<Inspected> {
  const { path } = importModel.inputs['model'] ?? {};
  const found = await path?.inspect?.(folder, withDefaults(importModel.configSchema, settings));
  return { facts: found?.facts ?? {}, problems: found?.problems ?? [], warnings: found?.warnings ?? [] };
}
