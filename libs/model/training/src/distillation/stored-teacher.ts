import { hasClasses, teacherSignals } from '@retort/distillation/signals';
import type { Precision } from '@retort/engine';
import { StageError } from '@retort/foundation/diagnostics';
import type { Source } from '@retort/foundation/work';
import type { Tokens } from '@retort/tables';
import { rowLengths } from '../token-batch.ts';
import { classOrder } from './class-order.ts';
import { readAnswers } from './stored-answers.ts';
import type { Teacher } from './teacher.ts';
import { checkSignals, openTeacherSignals } from './teacher-signals.ts';

/**
 * A teacher whose answers teacher-forward has stored. Padded positions are 0 in them unless they were stored with their
 * padding: then only `masked` losses are those of the teacher itself.
 *
 * @throws StageError SIGNALS_OF_OTHER_TOKENS
 */
export async function storedTeacher(
  input: Source,
  { tokens, tokensInput }: { tokens: Tokens; tokensInput: Source },
): Promise<Teacher> {
  const signals = await openTeacherSignals(input, tokensInput);
  const { teacherLayers, hiddenSize, teacherDigest, task: from, precision, int8Error } = signals.metadata;
  const hasLogits = teacherSignals.all().some((signal) => hasClasses(signal) && signals.stored[signal.name]);
  const close = () => signals.close();
  return {
    layers: teacherLayers,
    hiddenSize,
    digest: teacherDigest,
    task: hasLogits ? from : undefined,
    stored: precision && { precision, ...(int8Error && { error: int8Error }) },
    ask: async (needed, { task, precision: asked = 'float32' } = {}) => {
      if (asked !== 'float32') throw precisionUnused(input.label, asked);
      checkSignals(signals, needed, input.label);
      const isOfClasses = needed.answers.some(({ signal }) => hasClasses(signal));
      const order = classOrder({ from, to: isOfClasses ? task : undefined, teacher: input.label });
      const lengths = rowLengths(tokens);
      return {
        of: async (batch) => order(readAnswers(signals, { answers: needed.answers, batch, lengths })),
        close,
      };
    },
    close,
  };
}

function precisionUnused(label: string, precision: Precision): StageError {
  return new StageError(
    'PRECISION_UNUSED',
    `${label} contains stored answers, so they cannot be computed in ${precision}. Set "precision" in teacher-forward, or connect the teacher itself.`,
  );
}
