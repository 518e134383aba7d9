import type { HostTensor } from '@retort/engine';
import { LOGITS_INPUT } from './distillation-program.ts';
import type { Teacher, TeacherAnswers } from './teacher.ts';

const LOGITS_ONLY = { logits: true, hiddenStates: [], attentionScores: [] } as const;

/**
 * Several teachers as one: logits are the mean of all, with classes in one order; hidden states and attention scores are
 * the first one's, since those of different models mean different things.
 *
 * @param teachers at least one
 * @param weights above 0, how much each one's logits count in the mean; all alike when left out
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
      if (needed.logits)
        return averagedAnswers(
          leading,
          await Promise.all(others.map((teacher) => teacher.ask(LOGITS_ONLY, options))),
          weights,
        );
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
  return {
    inputsOf: async (batch) => {
      const inputs = await leading.inputsOf(batch);
      const logits = [inputs[LOGITS_INPUT] as HostTensor];
      // One after another: each keeps all cores busy.
      for (const answers of advising) logits.push((await answers.inputsOf(batch))[LOGITS_INPUT] as HostTensor);
      return { ...inputs, [LOGITS_INPUT]: mean(logits, weights) };
    },
    close: async () => void (await Promise.all([leading, ...advising].map((answers) => answers.close()))),
  };
}

function mean(tensors: readonly HostTensor[], weights: readonly number[]): HostTensor {
  const { data, shape } = tensors[0] as HostTensor;
  const all = weights.reduce((a, b) => a + b, 0);
  const sum = (i: number) =>
    tensors.reduce((total, tensor, teacher) => total + (weights[teacher] as number) * (tensor.data[i] as number), 0);
  return { data: Float32Array.from(data, (_, i) => sum(i) / all), shape };
}
