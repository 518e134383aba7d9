import { extensionPoint } from '@retort/foundation/extensions';
import { attentionScores } from './attention-scores.ts';
import { hiddenStates } from './hidden-states.ts';
import { logits } from './logits.ts';
import type { TeacherSignal } from './signal.ts';

export { Answers } from './answers.ts';
export {
  type Answer,
  answerName,
  answerSize,
  answerTitle,
  hasClasses,
  hasPositions,
  layersOf,
  type ModelOutputs,
  type SignalAxis,
  type SignalGeometry,
  signalGeometry,
  type TeacherSignal,
} from './signal.ts';
export { attentionScores, hiddenStates, logits };

/** What a teacher can be asked for. */
export const teacherSignals = extensionPoint<TeacherSignal>('teacherSignals', [hiddenStates, attentionScores, logits]);
