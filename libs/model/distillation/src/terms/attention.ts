import { attentionDivergence } from '../attention-divergence.ts';
import type { AttentionLossInput } from '../attention-input.ts';
import { attentionScoreLoss } from '../attention-score-loss.ts';
import { attentionScores } from '../signals/index.ts';
import { layerPairsSetting, mappable, paddable, padding, pairProblems } from './layered.ts';
import { defineLossTerm, type LossKind, type ModelGeometry, type TermProblem } from './term.ts';

const meanSquaredError: LossKind<AttentionLossInput> = {
  term: 'attention',
  name: 'meanSquaredError',
  description: 'Mean squared error of the scores before softmax, as in TinyBERT.',
  loss: attentionScoreLoss,
};

const klDivergence: LossKind<AttentionLossInput> = {
  term: 'attention',
  name: 'klDivergence',
  description: 'KL divergence of the probabilities after softmax over the keys of each query, as in MiniLM.',
  loss: attentionDivergence,
};

export const attention = defineLossTerm({
  name: 'attention',
  description:
    'Attention of each mapped Transformer layer, compared head by head. Student and teacher must have the same number of heads.',
  schema: { properties: { padding, layerPairs: layerPairsSetting(1) } },
  signals: [attentionScores],
  ...mappable,
  ...paddable,
  kinds: { description: 'How attention is compared.', list: [meanSquaredError, klDivergence] },
  problems: (check) => [...pairProblems(check, { term: 'attention', firstLayer: 1 }), ...headProblems(check)],
  loss: ({ settings, mask, kind, overComparisons }) =>
    overComparisons(({ student, teacher }) =>
      kind<AttentionLossInput>({
        student: student(attentionScores),
        teacher: teacher(attentionScores),
        padding: settings.padding,
        ...mask,
      }),
    ),
});

function headProblems({
  student,
  teacher,
}: {
  readonly student: ModelGeometry;
  readonly teacher?: ModelGeometry | undefined;
}): TermProblem[] {
  if (teacher === undefined || student.heads === teacher.heads) return [];
  const message =
    `Attention scores are compared head by head, but the student has ${student.heads} heads and the teacher ` +
    `${teacher.heads}. Give the student ${teacher.heads} heads, or set the weight of the attention term to 0.`;
  return [{ code: 'LOSS_HEADS_DIFFER', path: ['weight'], message }];
}
