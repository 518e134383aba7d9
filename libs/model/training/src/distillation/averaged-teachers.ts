import { type Answer, type Answers, hasClasses } from '@retort/distillation/signals';
import { type InputTensor, inputValues } from '@retort/engine';
import type { AnswersOf, Teacher, TeacherAnswers } from './teacher.ts';

/**
 * Several teachers as one: what they say of the classes, such as logits, is the mean of all, with classes in one order; what
 * belongs to layers is the first one's, since that of different models means different things.
 *
 * @param teachers at least one
 * @param weights above 0, how much each one counts in the mean; all alike when left out
 */
export function averagedTeachers(
  teachers: readonly Teacher[],
  weights: readonly number[] = teachers.map(() => 1),
): Teacher {
  const [first, ...others] = teachers as [Teacher, ...Teacher[]];
  if (others.length === 0) return first;
  return {
    ...first,
    further: others.map(({ digest }) => digest),
    // The error of a mean is none of its parts' errors.
    stored: teachers.some(({ stored }) => stored) ? { precision: 'int8' } : undefined,
    ask: async (needed, given = {}) => {
      const options = { ...given, task: given.task ?? first.task };
      const leading = await first.ask(needed, options);
      const shared = needed.answers.filter(({ signal }) => hasClasses(signal));
      if (shared.length > 0) {
        const advising = await Promise.all(others.map((teacher) => teacher.ask({ answers: shared }, options)));
        return averagedAnswers(leading, advising, weights);
      }
      await Promise.all(others.map((teacher) => teacher.close()));
      return leading;
    },
    close: async () => void (await Promise.all(teachers.map((teacher) => teacher.close()))),
  };
}

function averagedAnswers(
  leading: TeacherAnswers,
  advising: readonly TeacherAnswers[],
  weights: readonly number[],
): TeacherAnswers {
  const teachers = [leading, ...advising];
  const canAnswerOthers = teachers.every(({ about }) => about !== undefined);
  return {
    of: averagedOf(
      teachers.map(({ of }) => of),
      weights,
    ),
    about: canAnswerOthers
      ? (tokens) =>
          averagedOf(
            teachers.map(({ about }) => (about as NonNullable<typeof about>)(tokens)),
            weights,
          )
      : undefined,
    close: async () => void (await Promise.all(teachers.map((answers) => answers.close()))),
  };
}

function averagedOf(teachers: readonly AnswersOf[], weights: readonly number[]): AnswersOf {
  return async (batch) => {
    const all: Answers<InputTensor>[] = [];
    // One after another: each keeps all cores busy.
    for (const of of teachers) all.push(await of(batch));
    const averaged = (own: InputTensor, { signal, layer }: Answer) =>
      hasClasses(signal)
        ? mean(
            all.map((answers) => answers.get(signal, layer) ?? own),
            weights,
          )
        : own;
    return (all[0] as Answers<InputTensor>).map(averaged);
  };
}

function mean(tensors: readonly InputTensor[], weights: readonly number[]): InputTensor {
  const [first] = tensors as [InputTensor];
  const values = tensors.map(inputValues);
  const all = weights.reduce((a, b) => a + b, 0);
  const sum = (i: number) =>
    values.reduce((total, numbers, teacher) => total + (weights[teacher] as number) * (numbers[i] as number), 0);
  return { data: Float32Array.from(values[0] as ArrayLike<number>, (_, i) => sum(i) / all), shape: first.shape };
}
