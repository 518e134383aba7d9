import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LossBlock, projectionCount } from '@retort/distillation/loss-block';
import {
  type BertConfig,
  type Head,
  initialValues,
  loadModel,
  type NamedArrays,
  readSafetensors,
  saveModel,
  writeSafetensors,
} from '@retort/families';
import { StageError } from '@retort/foundation/diagnostics';
import type { Int8Error } from '@retort/tables';
import { projectionName } from './distillation-program.ts';

/** What lies beside a student's weights, so that its losses can be taken again. */
export interface DistillationRecord {
  readonly block: LossBlock;
  readonly mapping: readonly number[];
  readonly teacherDigest?: string;
  /** Of the others, where logits of several are averaged. */
  readonly furtherTeachers?: readonly string[];
  /** Width that the projections lead to. */
  readonly teacherHiddenSize?: number;
  /** How the teacher computed, whether it was asked batch by batch or its answers were stored; float32 when left out. */
  readonly teacherPrecision?: 'int8';
  /** What int8 costs: of the answers that the student learned from, measured on some rows. Unknown for several stored ones. */
  readonly int8Error?: Int8Error;
}

const PROJECTIONS_FILE = 'projections.safetensors';
const RECORD_FILE = 'distillation.json';

/** A model folder with the projections in a file of their own: they are no part of the model that is shipped. */
export async function saveStudent({
  folder,
  config,
  heads,
  values,
  record,
  tokenizerFolder,
}: {
  folder: string;
  config: BertConfig;
  heads: readonly Head[];
  values: NamedArrays;
  record: DistillationRecord;
  tokenizerFolder: string;
}): Promise<void> {
  await saveModel({ folder, config, heads, values, tokenizerFolder });
  const projections = new Map([...values].filter(([name]) => name.startsWith('projections.')));
  if (projections.size > 0) await writeSafetensors(join(folder, PROJECTIONS_FILE), projections);
  await writeFile(join(folder, RECORD_FILE), `${JSON.stringify(record, undefined, 2)}\n`);
}

/** @throws StageError NOT_A_STUDENT for a model that was not made by distillation */
export async function loadStudent(
  folder: string,
  label: string,
): Promise<Awaited<ReturnType<typeof loadModel>> & { record: DistillationRecord }> {
  if (!existsSync(join(folder, RECORD_FILE))) {
    throw new StageError(
      'NOT_A_STUDENT',
      `${label} has no ${RECORD_FILE}, so it has no distillation losses. Connect a student made by student-train, or remove "signals".`,
    );
  }
  const record = JSON.parse(await readFile(join(folder, RECORD_FILE), 'utf8')) as DistillationRecord;
  const model = await loadModel(folder);
  return { ...model, values: new Map([...model.values, ...(await storedProjections(folder))]), record };
}

/**
 * The projections that a loss needs: those that a connected student brings where their shapes fit, fresh ones where not.
 * Weights are float32 [student hidden, teacher hidden].
 */
export async function startingProjections({
  block,
  student,
  teacherHiddenSize,
  folder,
  seed,
}: {
  block: LossBlock;
  student: BertConfig;
  teacherHiddenSize: number;
  folder: string | undefined;
  seed: number;
}): Promise<NamedArrays> {
  const specs = Array.from({ length: projectionCount(block, student.layers) }, (_, i) => [
    { name: projectionName(i, 'weight'), shape: [student.hiddenSize, teacherHiddenSize], initial: 'normal' as const },
    ...(block.projectionBias
      ? [{ name: projectionName(i, 'bias'), shape: [teacherHiddenSize], initial: 'zeros' as const }]
      : []),
  ]).flat();
  const stored = folder === undefined ? new Map() : await storedProjections(folder);
  const fits = specs.every(({ name, shape }) => stored.get(name)?.shape.join() === shape.join());
  const fresh = initialValues(specs, seed);
  return fits ? new Map(specs.map(({ name }) => [name, stored.get(name)])) : fresh;
}

async function storedProjections(
  folder: string,
): Promise<Map<string, { shape: readonly number[]; values: Float32Array }>> {
  const path = join(folder, PROJECTIONS_FILE);
  return existsSync(path) ? readSafetensors(path) : new Map();
}
