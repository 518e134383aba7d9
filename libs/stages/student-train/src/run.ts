import { join } from 'node:path';
import { lossLayers, signalsNeeded, usesClassifier, usesLabels } from '@retort/distillation/loss-block';
import { ParameterSet } from '@retort/engine';
import type { BertConfig, NamedArrays } from '@retort/families';
import { connected, type StageContext, type StageRun } from '@retort/plugin-kit';
import { type Int8Error, readTokens, type Tokens } from '@retort/tables';
import {
  batchesOfEpoch,
  continued,
  type DistillationRecord,
  type DistillationSetup,
  distillationProgram,
  initializeStudent,
  int8Metrics,
  int8Warnings,
  padTokens,
  saveStudent,
  scheduleInputs,
  startingHistory,
  startingModel,
  startingProjections,
  statesOf,
  stepOfMicroBatch,
  type Teacher,
  type TeacherAnswers,
  type TrainingHistory,
  teacherInputs,
  tokenLabels,
  trainOnRows,
  validationMetrics,
  writeHistory,
  writeOutcome,
} from '@retort/training';
import { askTeacher } from './ask-teacher.ts';
import type { StudentTrainConfig } from './config.generated.ts';
import type { studentTrain } from './index.ts';
import { copiedModels } from './inputs.ts';
import { openTeacher } from './open-teacher.ts';
import { publishedBands } from './published-bands.ts';
import { withValidation } from './validation.ts';

export const run: StageRun<typeof studentTrain> = async (context) => {
  const tokens = await readTokens(join(context.inputs.tokens.path, 'tokens.arrow'));
  const teacher = await openTeacher(context, context.inputs, { tokens, tokensInput: context.inputs.tokens });
  try {
    return await train(context, { tokens, teacher });
  } finally {
    await teacher?.close();
  }
};

async function train(
  context: StageContext<typeof studentTrain>,
  { tokens, teacher }: { tokens: Tokens; teacher: Teacher | undefined },
): ReturnType<StageRun<typeof studentTrain>> {
  const { config, inputs, outputs, seed } = context;
  const { loss: block } = config;
  const { student, values } = await startingStudent(context, taskOf(tokens, teacher));
  const layers = lossLayers(block, {
    studentLayers: student.layers,
    teacherLayers: teacher?.layers ?? student.layers,
  });
  const setup: DistillationSetup = { student, block, layers };
  const asking = { needed: signalsNeeded(block, layers), task: student.task };
  const { answers, int8Error } = await askTeacher(teacher, { ...asking, tokens, config });
  for (const warning of int8Error ? int8Warnings(int8Error) : []) context.warn(warning);
  const teacherHiddenSize = teacher?.hiddenSize ?? student.hiddenSize;
  const projections = await startingProjections({
    block,
    student,
    teacherHiddenSize,
    folder: inputs.student?.path,
    seed,
  });
  const parameters = new ParameterSet(new Map([...values, ...projections]), statesOf(config.optimizer));

  const record: DistillationRecord = {
    block,
    mapping: layers.mapping,
    ...(teacher ? { teacherDigest: teacher.digest, teacherHiddenSize } : {}),
    ...(teacher?.further && { furtherTeachers: teacher.further }),
    ...precisionRecord(int8Error, teacher),
  };
  const copied = config.student?.initialize;
  const start = { model: inputs.student, layersOf: copied && copiedModels(inputs)[copied.from] };
  const before = await startingHistory(start, student);
  const save = async (port: 'student' | 'initialStudent', history: TrainingHistory) => {
    const { path: folder } = outputs[port];
    await saveStudent({
      folder,
      config: student,
      heads: usesClassifier(block) ? ['classifier'] : [],
      values: parameters.snapshot(),
      tokenizerFolder: inputs.tokens.path,
      record,
    });
    await writeHistory(folder, history);
  };
  await save('initialStudent', before);
  const { lastEpoch, validation } = await withValidation(
    context,
    { setup, parameters, needed: asking.needed, answers },
    (validated) =>
      trainOnRows({
        context,
        tokens,
        parameters,
        program: distillationProgram(setup, config.dropout),
        inputsOf: inputsOf({ config, tokens, answers }),
        ...(config.padTo === 'maximum' ? { widths: [tokens.metadata.maxSequenceLength] } : {}),
        lastBatch: config.lastBatch,
        bands: publishedBands({ block, student: inputs.student ? undefined : student, teacher }),
        validation: validated,
      }),
  );
  await save(
    'student',
    continued(before, { stage: 'student-train', context, tokens, distillation: record, validation }),
  );
  await writeOutcome(outputs, validation);
  await answers?.close();
  return {
    metrics: {
      ...lastEpoch,
      ...(validation && validationMetrics(validation)),
      ...(int8Error && int8Metrics(int8Error)),
    },
  };
}

function precisionRecord(
  measured: Int8Error | undefined,
  teacher: Teacher | undefined,
): Pick<DistillationRecord, 'teacherPrecision' | 'int8Error'> {
  const int8Error = measured ?? teacher?.stored?.error;
  if (measured === undefined && teacher?.stored === undefined) return {};
  return { teacherPrecision: 'int8', ...(int8Error && { int8Error }) };
}

/** New weights, those of layers of another model, or those of a student that continues training. */
async function startingStudent(
  { config, inputs, seed }: StageContext<typeof studentTrain>,
  tokens: Tokens['metadata'],
): Promise<{ student: BertConfig; values: NamedArrays }> {
  const { initialize, ...architecture } = config.student ?? {};
  const { config: student, values } = await startingModel({
    model: inputs.student,
    ...(config.student ? { architecture: architecture as NonNullable<StudentTrainConfig['student']> } : {}),
    tokens,
    heads: usesClassifier(config.loss) ? ['classifier'] : [],
    headKind: config.headKind,
    seed,
  });
  if (initialize === undefined) return { student, values };
  const source = connected(copiedModels(inputs), initialize.from);
  return { student, values: await initializeStudent({ initialize, student, values, source }) };
}

/** A student that learns from logits alone, on tokens without labels, has the task of its teacher. */
function taskOf({ metadata }: Tokens, teacher: Teacher | undefined): Tokens['metadata'] {
  return metadata.task || !teacher?.task ? metadata : { ...metadata, task: teacher.task };
}

/** Everything that the loss takes for one micro-batch: tokens, the teacher's answers, labels, and what is scheduled. */
function inputsOf({
  config,
  tokens,
  answers,
}: {
  config: StudentTrainConfig;
  tokens: Tokens;
  answers: TeacherAnswers | undefined;
}): Parameters<typeof trainOnRows>[0]['inputsOf'] {
  const { loss: block, epochs, gradientAccumulation } = config;
  const counts = { epochs, gradientAccumulation, batchesPerEpoch: batchesOfEpoch(tokens.rowCount, config) };
  return async (batch, index) => ({
    ...padTokens(tokens, batch),
    ...(answers && teacherInputs(await answers.of(batch))),
    ...(usesLabels(block) ? tokenLabels(tokens, batch.rows) : {}),
    ...scheduleInputs(block, stepOfMicroBatch(index, counts)),
  });
}
