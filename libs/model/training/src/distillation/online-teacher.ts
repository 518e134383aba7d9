import { Answers, hasClasses } from '@retort/distillation/signals';
import { createEngine, type InputTensor } from '@retort/engine';
import type { EngineName } from '@retort/engine/names';
import { loadModel } from '@retort/families';
import { StageError } from '@retort/foundation/diagnostics';
import type { Source } from '@retort/foundation/work';
import type { Tokens } from '@retort/tables';
import { checkTokensFit } from '../starting-model.ts';
import { askModel } from './asked-model.ts';
import { classOrder } from './class-order.ts';
import type { AnswersOf, Teacher, TeacherAnswers } from './teacher.ts';

/**
 * A teacher that answers each batch as it comes, in evaluation mode: nothing is stored, and padded positions have the
 * teacher's own values.
 *
 * @throws StageError VOCABULARY_DIFFERS, SEQUENCE_TOO_LONG
 */
export async function onlineTeacher(
  input: Source,
  { tokens, engine, threads }: { tokens: Tokens; engine: EngineName; threads: number },
): Promise<Teacher> {
  const model = await loadModel(input.path);
  const { config } = model;
  checkTokensFit(config, { tokens: tokens.metadata, model: input.label });
  const hasClassifier = model.heads.includes('classifier');
  return {
    layers: config.layers,
    hiddenSize: config.hiddenSize,
    digest: input.digest,
    task: hasClassifier ? config.task : undefined,
    ask: async (needed, { task, precision = 'float32' } = {}) => {
      const isOfClasses = needed.answers.some(({ signal }) => hasClasses(signal));
      if (isOfClasses && !hasClassifier) {
        throw new StageError(
          'TEACHER_HAS_NO_CLASSIFIER',
          `${input.label} has no classification head, so it has no logits. Connect a teacher from a finetune stage, or set the weight of the logits term to 0.`,
        );
      }
      if (needed.answers.length === 0) return NOTHING;
      const order = classOrder({ from: config.task, to: isOfClasses ? task : undefined, teacher: input.label });
      const asked = askModel(model, {
        answers: needed.answers,
        tokens,
        engine: await createEngine(engine, { threads }),
        precision,
      });
      const ordered = (of: AnswersOf): AnswersOf => {
        return async (batch) => order(await of(batch));
      };
      return { of: ordered(asked.of), about: (others) => ordered(asked.about(others)), close: asked.close };
    },
    close: async () => {},
  };
}

/** A loss of gold labels alone: the model is not run. */
const nothing: AnswersOf = async () => new Answers<InputTensor>([]);
const NOTHING: TeacherAnswers = { of: nothing, about: () => nothing, close: async () => {} };
