import { definePlugin } from '@retort/plugin-kit';
import {
  attentionDivergence,
  defineLossTerm,
  type ModelGeometry,
  paddable,
  padding,
  type TeacherSignal,
  type TermProblem,
} from '@retort/plugin-kit/losses';
import { matMul, mul, reshape, type Tensor4D, transpose } from '@tensorflow/tfjs-core';

/** The values of self-attention, which hold what a token hands on to others. */
export const values: TeacherSignal<Tensor4D> = {
  name: 'values',
  title: 'values',
  description: 'Values of self-attention, head by head.',
  firstLayer: 1,
  axes: ['heads', 'position', 'headSize'],
  note: 'before they are weighted',
  of: (outputs, layer) => outputs.values[layer - 1],
};

/**
 * MiniLM's value-relation transfer: how alike the values of every two tokens are, by scaled dot-product, in the last layer of both models.
 *
 * @see MiniLM, arXiv:2002.10957, section 3.2; a number of relation heads that is not that of attention is MiniLMv2's, arXiv:2012.15828
 */
export const valueRelation = defineLossTerm({
  name: 'valueRelation',
  title: 'value relation',
  description:
    "MiniLM's value-relation transfer: the Kullback-Leibler divergence of the student's relations between the values of tokens from the teacher's, in the last layer of both.",
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      relationHeads: {
        description:
          'Into how many heads the values are divided for their relations; it must divide both hidden sizes. When left out, the attention heads, of which both models then need the same number.',
        type: 'integer',
        minimum: 1,
      },
      padding,
    },
  },
  signals: [values],
  layerPairs: (_, { studentLayers, teacherLayers }) => [{ student: studentLayers, teacher: teacherLayers }],
  dependsOnDepth: true,
  ...paddable,
  problems: ({ settings, student, teacher }) => headProblems(settings, { student, teacher }),
  loss: ({ settings, mask, overComparisons }) =>
    overComparisons(({ student, teacher }) =>
      attentionDivergence({
        student: relations(student(values), settings.relationHeads),
        teacher: relations(teacher(values), settings.relationHeads),
        padding: settings.padding,
        ...mask,
      }),
    ),
});

/** [batch, heads, position, head size] -> [batch, relation heads, position, position]: V Vᵀ / √(head size), before softmax. */
function relations(vectors: Tensor4D, relationHeads: number | undefined): Tensor4D {
  const [batch, heads, length, headSize] = vectors.shape;
  const divided =
    relationHeads === undefined || relationHeads === heads
      ? vectors
      : transpose(
          reshape(transpose(vectors, [0, 2, 1, 3]), [batch, length, relationHeads, (heads * headSize) / relationHeads]),
          [0, 2, 1, 3],
        );
  const scale = 1 / Math.sqrt(divided.shape[3] as number);
  return matMul(mul(divided, scale), divided, false, true) as Tensor4D;
}

function headProblems(
  { relationHeads }: { readonly relationHeads?: number },
  models: { readonly student: ModelGeometry; readonly teacher?: ModelGeometry | undefined },
): TermProblem[] {
  const { student, teacher } = models;
  if (relationHeads === undefined) {
    if (teacher === undefined || student.heads === teacher.heads) return [];
    const message = `Values are compared head by head, but the student has ${student.heads} heads and the teacher ${teacher.heads}. Set relationHeads to a number that divides both hidden sizes.`;
    return [{ code: 'VALUE_RELATION_HEADS_DIFFER', path: ['weight'], message }];
  }
  return (['student', 'teacher'] as const).flatMap((model) => {
    const size = models[model]?.hiddenSize;
    if (size === undefined || size % relationHeads === 0) return [];
    const message = `The values of the ${model} cannot be divided into ${relationHeads} relation heads: its hidden size is ${size}. Use a number that divides it.`;
    return [{ code: 'VALUE_RELATION_HEADS', path: ['relationHeads'], message }];
  });
}

export default definePlugin({ name: 'minilm', lossTerms: [valueRelation], teacherSignals: [values] });
