import { type SignalsNeeded, usesClassifier, usesTeacher } from '@retort/distillation/loss-block';
import type { ParameterSet } from '@retort/engine';
import type { StageContext } from '@retort/plugin-kit';
import type { Tokens } from '@retort/tables';
import {
  type AnswersOf,
  type DistillationSetup,
  labelScorer,
  lossScorer,
  readValidation,
  type TeacherAnswers,
  type ValidationPlan,
} from '@retort/training';
import type { studentTrain } from './index.ts';
import { openTeacher } from './open-teacher.ts';

type Context = StageContext<typeof studentTrain>;

interface Training {
  readonly setup: DistillationSetup;
  readonly parameters: ParameterSet;
  readonly needed: SignalsNeeded;
  /** Of the teacher that the student learns from. */
  readonly answers: TeacherAnswers | undefined;
}

/**
 * Trains with a student's validation: its scores are those of its task where it has a head and the rows have labels, else
 * its held-out losses. Without validation rows there is none.
 */
export async function withValidation<T>(
  context: Context,
  training: Training,
  train: (validation: ValidationPlan | undefined) => Promise<T>,
): Promise<T> {
  const validated = await readValidation(context);
  if (validated === undefined) return train(undefined);
  const { setup, parameters } = training;
  const { tokens, settings } = validated;
  const common = { context, parameters, batchSize: context.config.batchSize };
  if (usesClassifier(setup.block) && tokens.labels !== undefined)
    return train({ settings, scorer: labelScorer({ ...common, ...validated, config: setup.student }) });
  const answers = await heldOutAnswers(context, training, tokens);
  try {
    const { maxRows } = settings;
    return await train({ settings, scorer: lossScorer({ ...common, setup, tokens, maxRows, answersOf: answers?.of }) });
  } finally {
    await answers?.close();
  }
}

/** What the teacher says of the validation rows: stored, or from the model that is asked about the others as well. */
async function heldOutAnswers(
  context: Context,
  { setup: { block, student }, needed, answers }: Training,
  tokens: Tokens,
): Promise<{ readonly of: AnswersOf; readonly close: () => Promise<void> } | undefined> {
  if (!usesTeacher(block)) return undefined;
  const { validation: tokensInput, validationSignals: signals } = context.inputs;
  if (answers?.about) return { of: answers.about(tokens), close: async () => {} };
  const teacher = tokensInput && (await openTeacher(context, { signals }, { tokens, tokensInput }));
  return teacher?.ask(needed, { task: student.task });
}
