import type { Int8Error, Tokens } from '@retort/columnar';
import type { SignalsNeeded } from '@retort/distillation/loss-block';
import { measureInt8Error, type Teacher, type TeacherAnswers } from '@retort/training';
import type { StudentTrainConfig } from './config.generated.ts';

export interface AskedTeacher {
  readonly answers?: TeacherAnswers | undefined;
  /** What int8 costs, where the teacher computes so. */
  readonly int8Error?: Int8Error | undefined;
}

/** Gets the teacher ready to answer. In int8 its answers are compared on some rows with those in float32, which are let go of before training. */
export async function askTeacher(
  teacher: Teacher | undefined,
  {
    needed,
    labels,
    tokens,
    config: { teacherPrecision, batchSize },
  }: {
    needed: SignalsNeeded;
    labels: readonly string[] | undefined;
    tokens: Tokens;
    config: Pick<StudentTrainConfig, 'teacherPrecision' | 'batchSize'>;
  },
): Promise<AskedTeacher> {
  if (teacher === undefined) return {};
  const answers = await teacher.ask(needed, { labels, precision: teacherPrecision });
  if (teacherPrecision === 'float32') return { answers };
  try {
    const exact = await teacher.ask(needed, { labels });
    const [int8, float32] = [answers.inputsOf, exact.inputsOf];
    const measured = measureInt8Error({ int8, float32, tokens, batchSize });
    return { answers, int8Error: await measured.finally(() => exact.close()) };
  } catch (error) {
    await answers.close();
    throw error;
  }
}
