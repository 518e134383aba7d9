import type { InputArtifact, StageContext } from '@retort/plugin-kit';
import type { Tokens } from '@retort/tables';
import { averagedTeachers, onlineTeacher, storedTeacher, type Teacher } from '@retort/training';
import type { studentTrain } from './index.ts';

/**
 * The connected teachers as one; undefined where the student learns from labels alone.
 *
 * @param about the rows that they answer about, and the input with these
 */
export async function openTeacher(
  { config, engine, threads }: Pick<StageContext<typeof studentTrain>, 'config' | 'engine' | 'threads'>,
  connected: {
    readonly signals?: readonly InputArtifact[] | undefined;
    readonly teacher?: readonly InputArtifact[] | undefined;
  },
  about: { readonly tokens: Tokens; readonly tokensInput: InputArtifact },
): Promise<Teacher | undefined> {
  const teachers: Teacher[] = [];
  try {
    for (const input of connected.signals ?? []) teachers.push(await storedTeacher(input, about));
    for (const input of connected.teacher ?? [])
      teachers.push(await onlineTeacher(input, { tokens: about.tokens, engine, threads }));
  } catch (error) {
    await Promise.all(teachers.map((teacher) => teacher.close()));
    throw error;
  }
  return teachers.length === 0 ? undefined : averagedTeachers(teachers, config.teacherWeights);
}
