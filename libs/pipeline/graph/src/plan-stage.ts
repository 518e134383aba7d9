import { digestJson } from '@retort/foundation/digest';
import { inputEntries, inputLabel } from '@retort/foundation/inputs';
import { programOf } from '@retort/plugin-kit';
import { findResult } from './find-result.ts';
import type { PlanContext, ResolvedStage } from './graph.ts';
import type { KeyDocument, PlannedStage } from './plan.ts';
import { reasonToRun } from './reason.ts';

/** Version of `KeyDocument`: raise it when its meaning changes, and every stage runs again. */
const KEY_SCHEMA_VERSION = 2;

/** Stage id -> port -> artifact digest, of the stages whose outputs are there. */
export type KnownArtifacts = ReadonlyMap<string, Readonly<Record<string, string>>>;

export interface PlanStageOptions {
  /** Run even when a record of the key is there. */
  readonly isForced?: boolean | undefined;
}

/** What is to be done for one stage, given the outputs that are known. The planner and the runner both ask this. */
export async function planStage(
  stage: ResolvedStage,
  known: KnownArtifacts,
  context: PlanContext,
  options: PlanStageOptions = {},
): Promise<PlannedStage> {
  const { id, cells, definition, inputs, outputs, facts, estimatedBytes } = stage;
  const base = {
    id,
    ...(cells !== undefined && { cells }),
    uses: definition.kind,
    inputs,
    outputs,
    facts,
    ...(estimatedBytes !== undefined && { estimatedBytes }),
    ...(options.isForced && { isForced: true as const }),
  };
  const waiting = waitsFor(stage, known);
  if (waiting.length > 0) return { ...base, status: 'unknown', reason: `waits for ${waiting.join(', ')}` };
  const keyDocument = await keyDocumentOf(stage, known, context);
  const key = digestJson(keyDocument);
  if (options.isForced) return { ...base, key, keyDocument, status: 'run', reason: 'forced' };
  const record = await findResult(context.records, key, stage);
  if (record === undefined) {
    const reason = reasonToRun(
      { id, pipeline: context.pipeline, key, keyDocument },
      await context.records.recentRecords(definition.kind),
    );
    return { ...base, key, keyDocument, status: 'run', reason };
  }
  const artifacts = Object.fromEntries(Object.entries(record.outputs).map(([port, { digest }]) => [port, digest]));
  return { ...base, key, keyDocument, status: 'cached', reason: 'cached', artifacts };
}

function waitsFor({ inputs }: ResolvedStage, known: KnownArtifacts): string[] {
  const missing = inputEntries(inputs).flatMap(([, input]) =>
    input.kind === 'stage' && known.get(input.stage)?.[input.port] === undefined ? [input.stage] : [],
  );
  return [...new Set(missing)];
}

/** Everything that decides a stage's bytes, as far as it is known: inputs whose bytes are not known yet are left out. */
export async function draftKeyDocument(
  stage: ResolvedStage,
  known: KnownArtifacts,
  context: PlanContext,
): Promise<KeyDocument> {
  const document = await keyDocumentOf(stage, known, context);
  const inputs = Object.entries(document.inputs).filter(([, digest]) => digest !== undefined);
  return { ...document, inputs: Object.fromEntries(inputs) };
}

/** Whether a stage with these settings has its seed in its key. */
export function usesSeed({ definition, config }: ResolvedStage): boolean {
  return typeof definition.usesSeed === 'function' ? definition.usesSeed(config) : definition.usesSeed;
}

async function keyDocumentOf(
  stage: ResolvedStage,
  known: KnownArtifacts,
  { code, engine }: PlanContext,
): Promise<KeyDocument> {
  const { definition, config, seed, outputs } = stage;
  const { digest, packages } = await code.closureOf(programOf(definition, config));
  const inputs = inputEntries(stage.inputs).map(([name, input, at]) => [
    inputLabel(name, at),
    input.kind === 'path' ? input.digest : (known.get(input.stage)?.[input.port] as string),
  ]);
  return {
    schemaVersion: KEY_SCHEMA_VERSION,
    uses: definition.kind,
    version: definition.version,
    code: { digest, packages },
    inputs: Object.fromEntries(inputs) as Record<string, string>,
    with: config,
    ...(usesSeed(stage) && { seed }),
    ...(definition.usesEngine && { engine }),
    outputs: Object.keys(outputs).sort(),
  };
}
