import { join } from 'node:path';
import { type Answer, hasClasses, signalGeometry } from '@retort/distillation/signals';
import { createEngine, type Precision } from '@retort/engine';
import { type BertConfig, loadModel } from '@retort/families';
import { parseBytes, StageError } from '@retort/foundation/diagnostics';
import type { StageRun } from '@retort/plugin-kit';
import { createSignalsWriter, ResumableTables, readTokens, type SignalsMetadata } from '@retort/tables';
import {
  askModel,
  type Batch,
  checkTokensFit,
  evaluationBatches,
  int8ErrorOf,
  int8Metrics,
  int8Warnings,
  rowLengths,
  sampleAnswers,
  signalColumns,
  type TeacherAnswers,
  unpad,
} from '@retort/training';
import type { TeacherForwardConfig } from './config.generated.ts';
import type { teacherForward } from './index.ts';
import { overBudgetMessage, signalBytes } from './signal-bytes.ts';
import { storedAnswers, storedSignals } from './stored-answers.ts';

export const run: StageRun<typeof teacherForward> = async (context) => {
  const { config } = context;
  const { teacher: teacherInput, tokens: tokensInput } = context.inputs;
  const output = context.outputs.signals;
  const teacher = await loadModel(teacherInput.path);
  const tokens = await readTokens(join(tokensInput.path, 'tokens.arrow'));
  checkTokensFit(teacher.config, { tokens: tokens.metadata, model: teacherInput.label });
  const ofClasses = storedSignals(config).find(hasClasses);
  if (ofClasses && !teacher.heads.includes('classifier')) {
    throw new StageError(
      'TEACHER_HAS_NO_CLASSIFIER',
      `${teacherInput.label} has no classification head, so it has no ${ofClasses.title} to store. Connect a teacher from a finetune stage.`,
    );
  }
  const answers = storedAnswers(config, teacher.config.layers);
  const paddedLength = config.store.padding === 'reference' ? tokens.metadata.maxSequenceLength : undefined;
  const lengths = paddedLength === undefined ? rowLengths(tokens) : new Int32Array(tokens.rowCount).fill(paddedLength);
  refuseOverBudget(config, teacher.config, { answers, lengths });
  const engine = await createEngine(context.engine, { threads: context.threads });
  const askIn = (precision: Precision) => askModel(teacher, { answers, tokens, engine, precision });
  const sampled = (asked: TeacherAnswers) => sampleAnswers(asked, { tokens, batchSize: config.batchSize });
  const float32 = config.precision === 'int8' ? await withAnswers(askIn('float32'), sampled) : undefined;
  const asked = askIn(config.precision);
  const int8Error = float32 && int8ErrorOf({ int8: await sampled(asked), float32 });
  for (const warning of int8Error ? int8Warnings(int8Error) : []) context.warn(warning);
  const metadata: SignalsMetadata = {
    teacherDigest: teacherInput.digest,
    tokensDigest: tokensInput.digest,
    tokenizerDigest: tokens.metadata.tokenizerDigest,
    dtype: config.store.dtype,
    ...(teacher.config.task && { task: teacher.config.task }),
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
  const tables = await ResumableTables.load<object>(context.checkpoints);
  const columns = signalColumns(answers, { ...teacher.config, dtype: config.store.dtype });
  const writer = await tables.open('signals', (partial) =>
    createSignalsWriter(join(output.path, 'signals.arrow'), { metadata, columns }, partial),
  );
  let done = tables.savedRows('signals');
  if (tables.saved) context.log(`Resumed after ${done} of ${tokens.rowCount} rows.`);
  const batches = evaluationBatches(lengths, { batchSize: config.batchSize });
  const write = async () => {
    // Rows are written as they are computed, long ones first, each with its number.
    for (const batch of batchesAfter(batches, done)) {
      await tables.pass(done, () => ({ state: {} }));
      await writer.append(unpad(await asked.of(batch), { batch, lengths }).named(), batch.rows);
      done += batch.rowCount;
      context.progress({ done, total: tokens.rowCount, unit: 'rows' });
    }
    return {};
  };
  const { rows } = await tables.write(write, () => done + 1);
  await asked.close();
  return { rows, ...(int8Error && { metrics: int8Metrics(int8Error) }) };
};

async function withAnswers<T>(asked: TeacherAnswers, body: (asked: TeacherAnswers) => Promise<T>): Promise<T> {
  try {
    return await body(asked);
  } finally {
    await asked.close();
  }
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
  { answers, lengths }: { answers: readonly Answer[]; lengths: Int32Array },
): void {
  const bytes = signalBytes({
    config,
    geometry: signalGeometry(teacher),
    answers,
    rows: lengths.length,
    tokens: lengths.reduce((sum, length) => sum + length, 0),
    squares: lengths.reduce((sum, length) => sum + length ** 2, 0),
  });
  if (bytes > parseBytes(config.store.budget)) throw new StageError('OVER_BUDGET', overBudgetMessage(config, bytes));
}
