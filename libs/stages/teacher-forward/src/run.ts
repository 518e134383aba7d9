import { join } from 'node:path';
import { createEngine, type ForwardPass, type ForwardProgram, type NamedTensors, type Precision } from '@retort/engine';
import { type BertConfig, classify, encode, loadModel, outputCount, parametersOf, tokenAxes } from '@retort/families';
import { parseBytes, StageError } from '@retort/foundation/diagnostics';
import type { Checkpoints, StageRun } from '@retort/plugin-kit';
import {
  attentionScoresColumn,
  createSignalsWriter,
  findTableFault,
  finish,
  hiddenStatesColumn,
  readTokens,
  type SignalsMetadata,
  type TablePosition,
} from '@retort/tables';
import {
  type Batch,
  checkTokensFit,
  evaluationBatches,
  int8ErrorOf,
  int8Metrics,
  int8Warnings,
  padTokens,
  rowLengths,
  sampleAnswers,
  unpad,
} from '@retort/training';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { TeacherForwardConfig } from './config.generated.ts';
import type { teacherForward } from './index.ts';
import { overBudgetMessage, signalBytes } from './signal-bytes.ts';
import { storedLayers } from './stored-layers.ts';

type Layers = ReturnType<typeof storedLayers>;

export const run: StageRun<typeof teacherForward> = async (context) => {
  const { config, checkpoints } = context;
  const { teacher: teacherInput, tokens: tokensInput } = context.inputs;
  const output = context.outputs.signals;
  const teacher = await loadModel(teacherInput.path);
  const tokens = await readTokens(join(tokensInput.path, 'tokens.arrow'));
  checkTokensFit(teacher.config, { tokens: tokens.metadata, model: teacherInput.label });
  if (config.store.logits && !teacher.heads.includes('classifier')) {
    throw new StageError(
      'TEACHER_HAS_NO_CLASSIFIER',
      `${teacherInput.label} has no classification head, so it has no logits to store.`,
    );
  }
  const layers = storedLayers(config, teacher.config.layers);
  const paddedLength = config.store.padding === 'reference' ? tokens.metadata.maxSequenceLength : undefined;
  const lengths = paddedLength === undefined ? rowLengths(tokens) : new Int32Array(tokens.rowCount).fill(paddedLength);
  refuseOverBudget(config, teacher.config, { layers, lengths });
  const engine = await createEngine(context.engine, { threads: context.threads });
  const passIn = (precision: Precision) =>
    engine.forward(
      teacherProgram(teacher.config, { layers, logits: config.store.logits }),
      parametersOf(teacher.values),
      { precision, freeAxes: tokenAxes(teacher.config) },
    );
  const sampled = (asked: ForwardPass) =>
    sampleAnswers((batch) => asked.run(padTokens(tokens, batch)), { tokens, batchSize: config.batchSize });
  const float32 = config.precision === 'int8' ? await withPass(passIn('float32'), sampled) : undefined;
  const pass = passIn(config.precision);
  const int8Error = float32 && int8ErrorOf({ int8: await sampled(pass), float32 });
  for (const warning of int8Error ? int8Warnings(int8Error) : []) context.warn(warning);
  const metadata: SignalsMetadata = {
    teacherDigest: teacherInput.digest,
    tokensDigest: tokensInput.digest,
    tokenizerDigest: tokens.metadata.tokenizerDigest,
    dtype: config.store.dtype,
    logits: config.store.logits,
    ...(teacher.config.task && { task: teacher.config.task }),
    ...layers,
    teacherLayers: teacher.config.layers,
    hiddenSize: teacher.config.hiddenSize,
    heads: teacher.config.heads,
    ...(paddedLength === undefined
      ? { maskConvention: 'valid positions only, scores before softmax and mask' }
      : {
          paddedLength,
          maskConvention: 'all positions of rows padded to paddedLength, scores before softmax and mask',
        }),
    ...(int8Error && { precision: 'int8', int8Error }),
  };
  const partialPath = checkpoints.folder && join(checkpoints.folder, 'signals.arrow');
  const from = await loadPosition(checkpoints, partialPath);
  const partial = partialPath === undefined ? undefined : { path: partialPath, from };
  const writer = await createSignalsWriter(join(output.path, 'signals.arrow'), metadata, partial);
  let done = from?.rows ?? 0;
  if (from) context.log(`Resumed after ${done} of ${tokens.rowCount} rows.`);
  const batches = evaluationBatches(lengths, { batchSize: config.batchSize });
  const write = async () => {
    // Rows are written as they are computed, long ones first, each with its number.
    for (const batch of batchesAfter(batches, done)) {
      await checkpoints.pass(done, async () => ({ state: await writer.position() }));
      const results = await pass.run(padTokens(tokens, batch));
      await writer.append(unpad(results, { batch, lengths }), batch.rows);
      done += batch.rowCount;
      context.progress({ done, total: tokens.rowCount, unit: 'rows' });
    }
  };
  const [rows = 0] = await finish([writer], write);
  await pass.dispose();
  // The table is whole now: an attempt that is killed before it is published has nothing left to compute.
  await checkpoints.save(rows + 1, { state: await writer.position() });
  return { rows: { signals: rows }, ...(int8Error && { metrics: int8Metrics(int8Error) }) };
};

async function withPass<T>(pass: ForwardPass, body: (pass: ForwardPass) => Promise<T>): Promise<T> {
  try {
    return await body(pass);
  } finally {
    await pass.dispose();
  }
}

/** How far an earlier attempt wrote the table; undefined where there was none. */
async function loadPosition(checkpoints: Checkpoints, path: string | undefined): Promise<TablePosition | undefined> {
  const found = await checkpoints.load((state) => findTableFault(path as string, state as TablePosition));
  return found?.state as TablePosition | undefined;
}

/** A table ends with a whole batch, whenever its writing was broken off. */
function batchesAfter(batches: readonly Batch[], rows: number): readonly Batch[] {
  let first = 0;
  for (let skipped = 0; skipped < rows; first++) skipped += (batches[first] as Batch).rowCount;
  return batches.slice(first);
}

/** Planning has checked the budget by an estimate, where it could make one; now the lengths are known. */
function refuseOverBudget(
  config: TeacherForwardConfig,
  teacher: BertConfig,
  { layers, lengths }: { layers: Layers; lengths: Int32Array },
): void {
  const bytes = signalBytes({
    config,
    teacher,
    layers,
    classes: config.store.logits ? outputCount(teacher) : 0,
    rows: lengths.length,
    tokens: lengths.reduce((sum, length) => sum + length, 0),
    squares: lengths.reduce((sum, length) => sum + length ** 2, 0),
  });
  if (bytes > parseBytes(config.store.budget)) throw new StageError('OVER_BUDGET', overBudgetMessage(config, bytes));
}

function teacherProgram(config: BertConfig, { layers, logits }: { layers: Layers; logits: boolean }): ForwardProgram {
  return (parameters, inputs) => {
    const { tokenIds, segmentIds, keyMask } = inputs as Record<'tokenIds' | 'segmentIds' | 'keyMask', Tensor>;
    const { hiddenStates, attentionScores } = encode({ config, parameters }, { tokenIds, segmentIds, keyMask });
    const results: Record<string, Tensor> = {};
    for (const layer of layers.hiddenStates) results[hiddenStatesColumn(layer)] = hiddenStates[layer] as Tensor;
    for (const layer of layers.attentionScores)
      results[attentionScoresColumn(layer)] = attentionScores[layer - 1] as Tensor;
    if (logits) results['logits'] = classify({ config, parameters }, hiddenStates.at(-1) as Tensor);
    return results as NamedTensors;
  };
}
