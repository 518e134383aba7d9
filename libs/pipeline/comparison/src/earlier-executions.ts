import {
  compareKeyDocuments,
  type KeyDifference,
  type KeyDocument,
  nearestRecord,
  type PlannedStage,
  plainStageId,
  type RecordLookup,
} from '@retort/pipeline-graph';
import type { RunManifest } from '@retort/pipeline-runner';
import type { StageRecord } from '@retort/store';

/** An earlier execution of a stage that another is compared with. */
export interface Earlier {
  readonly key: string;
  readonly keyDocument: KeyDocument;
  /** Id of the run that executed it, where that is known. */
  readonly run?: string;
}

/** What stages are compared with. */
export interface EarlierExecutions {
  /** The execution to compare a stage with, given what is known of its key; inputs that are not known yet do not count. */
  readonly find: (
    stage: PlannedStage,
    draft: KeyDocument,
    unknownInputs: readonly string[],
  ) => Promise<Earlier | undefined>;
  /** The execution of that kind of stage, or stage, that made an output with these bytes. */
  readonly makerOf: (stage: PlannedStage, digest: string) => Promise<Earlier | undefined>;
}

/** Compares each stage of a pipeline with its nearest record. */
export function nearestRecords(records: Pick<RecordLookup, 'recentRecords'>, pipeline: string): EarlierExecutions {
  return {
    find: async ({ id, uses }, draft, unknownInputs) => {
      const nearest = nearestRecord({ id, pipeline }, await records.recentRecords(uses), ({ keyDocument }) =>
        differencesOf(keyDocument, draft, unknownInputs),
      );
      return nearest && earlierOf(nearest.record);
    },
    makerOf: async ({ uses }, digest) => {
      const made = (await records.recentRecords(uses)).find((record) =>
        Object.values(record.outputs).some((output) => output.digest === digest),
      );
      return made === undefined ? undefined : earlierOf(made);
    },
  };
}

/**
 * Compares each stage with the one of the same id in a run, and with nothing else. One of some cells of a matrix is compared
 * with the one of its plain id where the run has that: a run without a matrix, or a cell of one (`manifestOfCell`).
 */
export function executionsOf({ run, stages }: RunManifest): EarlierExecutions {
  const find = async ({ id }: PlannedStage): Promise<Earlier | undefined> => {
    const named = (wanted: string) => stages.find((stage) => stage.id === wanted);
    const { key, keyDocument } = named(id) ?? named(plainStageId(id)) ?? {};
    return key === undefined || keyDocument === undefined ? undefined : { key, keyDocument, run };
  };
  return { find, makerOf: find };
}

/** Leaves in which two keys differ, those of inputs left aside whose bytes are not known yet. */
export function differencesOf(
  before: unknown,
  draft: KeyDocument,
  unknownInputs: readonly string[] = [],
): KeyDifference[] {
  // Without any known input, their place itself is a leaf.
  const unknown = new Set(unknownInputs.flatMap((label) => ['inputs', `inputs.${label}`]));
  return compareKeyDocuments(before, draft).filter(({ path }) => !unknown.has(path));
}

function earlierOf({ key, keyDocument, provenance }: StageRecord): Earlier {
  const { run } = provenance;
  return { key, keyDocument: keyDocument as KeyDocument, ...(typeof run === 'string' && { run }) };
}
