import type { StageContext } from '@retort/plugin-kit';
import type { Tokens } from '@retort/tables';
import { averagedTeachers, onlineTeacher, storedTeacher, type Teacher } from '@retort/training';
import type { studentTrain } from './index.ts';

/** The connected teachers as one; undefined where the student learns from labels alone. */
export async function openTeacher(
  {
    config,
    inputs,
    engine,
    threads,
  }: Pick<StageContext<typeof studentTrain>, 'config' | 'inputs' | 'engine' | 'threads'>,
  tokens: Tokens,
): Promise<Teacher | undefined> {
  const tokensInput = inputs.tokens;
  const teachers: Teacher[] = [];
  try {
    for (const input of inputs.signals ?? []) teachers.push(await storedTeacher(input, { tokens, tokensInput }));
    for (const input of inputs.teacher ?? []) teachers.push(await onlineTeacher(input, { tokens, engine, threads }));
  } catch (error) {
    await Promise.all(teachers.map((teacher) => teacher.close()));
    throw error;
  }
  return teachers.length === 0 ? undefined : averagedTeachers(teachers, config.teacherWeights);
}
