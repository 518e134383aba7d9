import type { SignalsNeeded } from '@retort/distillation/loss-block';
import type { Task } from '@retort/foundation/task';
import type { Int8Error, Tokens } from '@retort/tables';
import { int8ErrorOf, sampleAnswers, type Teacher, type TeacherAnswers } from '@retort/training';
import type { StudentTrainConfig } from './config.generated.ts';

export interface AskedTeacher {
  readonly answers?: TeacherAnswers | undefined;
  /** What int8 costs, where the teacher computes so. */
  readonly int8Error?: Int8Error | undefined;
}

/** Gets the teacher ready to answer. In int8 its answers are compared on some rows with those in float32, from a pass that is let go of first. */
export async function askTeacher(
  teacher: Teacher | undefined,
  {
    needed,
    task,
    tokens,
    config: { teacherPrecision, batchSize },
  }: {
    needed: SignalsNeeded;
    task: Task | undefined;
    tokens: Tokens;
    config: Pick<StudentTrainConfig, 'teacherPrecision' | 'batchSize'>;
  },
): Promise<AskedTeacher> {
  if (teacher === undefined) return {};
  const sampled = (answers: TeacherAnswers) => sampleAnswers(answers, { tokens, batchSize });
  if (teacherPrecision === 'float32') return { answers: await teacher.ask(needed, { task }) };
  const exact = await teacher.ask(needed, { task });
  let float32: Awaited<ReturnType<typeof sampled>>;
  try {
    float32 = await sampled(exact);
  } finally {
    await exact.close();
  }
  const answers = await teacher.ask(needed, { task, precision: teacherPrecision });
  try {
    return { answers, int8Error: int8ErrorOf({ int8: await sampled(answers), float32 }) };
  } catch (error) {
    await answers.close();
    throw error;
  }
}
