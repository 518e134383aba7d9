import { cp } from 'node:fs/promises';
import { StageError } from '@retort/foundation/diagnostics';
import type { StageContext } from '@retort/plugin-kit';
import { scoreText } from '@retort/training/metrics';
import type { evaluate } from './index.ts';
import { FLOOR_INPUTS } from './model-inputs.ts';
import { MODEL_TITLES } from './models.ts';
import { notAboveText, type Standing, standingText } from './standing.ts';
import type { TaskScores } from './task-scores.ts';

type Context = StageContext<typeof evaluate>;

/**
 * @param scores undefined where nothing could be scored
 * @throws StageError SCORE_TOO_LOW naming every model below its floor
 */
export function checkFloors({ config }: Context, scores: TaskScores | undefined, rows: number): void {
  const low = FLOOR_INPUTS.flatMap((input) => {
    const wanted = config.floor[input];
    const standing = scores?.standings.get(input);
    if (wanted === undefined || (standing && scores && passes(standing, wanted, scores.primary))) return [];
    const title = `The ${MODEL_TITLES[input]}`;
    if (scores === undefined || standing === undefined)
      return [`${title} could not be scored on ${rows} rows, but "floor.${input}" wants a score of it.`];
    const has = `${title} has ${standingText(standing, scores.primary)} on ${rows} rows`;
    return wanted === 'aboveMajority'
      ? [`${has}, ${notAboveText(standing, scores.primary)}; "floor.${input}" wants it to be better.`]
      : [
          `${has}; "floor.${input}" wants at ${scores.primary.better === 'higher' ? 'least' : 'most'} ${scoreText(wanted, scores.primary)}.`,
        ];
  });
  if (low.length === 0) return;
  const advice = 'Check that it was trained on this task with these labels, train it for longer, or lower the floor.';
  throw new StageError('SCORE_TOO_LOW', `${low.join(' ')} ${advice}`);
}

function passes(
  { score, isAboveMajority }: Standing,
  wanted: number | 'aboveMajority',
  { better }: TaskScores['primary'],
): boolean {
  if (wanted === 'aboveMajority') return isAboveMajority;
  return better === 'higher' ? score >= wanted : score <= wanted;
}

/** Whoever distils from a teacher that has learned nothing, or only words, should know before reading the other scores. */
export function warnOfUnlearnedTeacher(
  context: Context,
  { standings, primary, isTeacherAboveWords }: TaskScores,
  rows: number,
): void {
  const [teacher, words] = [standings.get('teacher'), standings.get('bagOfWords')];
  if (teacher === undefined) return;
  const has = `The teacher has ${standingText(teacher, primary)} on ${rows} rows`;
  if (!teacher.isAboveMajority)
    context.warn(
      `${has}, ${notAboveText(teacher, primary)}. A student cannot learn from a teacher that has learned nothing. Train the teacher for longer or at another learning rate, or score it on more rows. With "floor": { "teacher": "aboveMajority" } a stage like this one stops a pipeline before distillation.`,
    );
  else if (words && isTeacherAboveWords === false)
    context.warn(
      `${has}, and a bag of words has ${standingText(words, primary)}. So the teacher is not clearly better than counting words. Train it for longer or at another learning rate, choose a stronger one, or score it on more rows.`,
    );
}

/** Copies each model that has reached its floor to an output, file by file, for stages that must wait until it has. */
export async function passModelsOn({ inputs, outputs }: Context): Promise<void> {
  for (const input of FLOOR_INPUTS) {
    const [from, to] = [inputs[input], outputs[input]];
    if (from && to) await cp(from.path, to.path, { recursive: true });
  }
}
