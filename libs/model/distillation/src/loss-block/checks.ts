import type { Task } from '@retort/foundation/task';
import { type LayerMappingProblem, layerMappingProblems } from '../layer-mapping.ts';
import { isTermOn, type LossBlock, TERMS } from './block.ts';
import { comparedLayers, usesMapping } from './compared-layers.ts';
import { type ValueScheduleProblem, valueScheduleProblems } from './value-schedule.ts';

/** The part of a BERT's geometry that a loss depends on. */
export interface ModelGeometry {
  readonly layers: number;
  readonly hiddenSize: number;
  readonly heads: number;
}

export interface LossBlockCheck {
  readonly block: LossBlock;
  readonly student: ModelGeometry;
  /** Without it nothing is checked between the two. */
  readonly teacher?: ModelGeometry;
  /** What the student learns; undefined where there is no task. */
  readonly task?: Task | undefined;
}

/** `path` is relative to the loss block: `['layerMapping', 'layers', 3]`. */
export interface LossBlockProblem {
  readonly code:
    | LayerMappingProblem['code']
    | ValueScheduleProblem['code']
    | 'LOSS_NO_TERM'
    | 'LOSS_LAYER_OUT_OF_RANGE'
    | 'LOSS_HEADS_DIFFER'
    | 'LOSS_PROJECTION_NEEDED'
    | 'LOSS_KIND_NEEDS_CLASSES'
    | 'LOSS_KIND_NEEDS_ONE_CLASS';
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What the schema of the loss block cannot say, all of it. Only terms that are on are looked at. */
export function lossBlockProblems(check: LossBlockCheck): readonly LossBlockProblem[] {
  return [
    ...termProblems(check),
    ...scheduleProblems(check),
    ...mappingProblems(check),
    ...pairProblems(check),
    ...headProblems(check),
    ...projectionProblems(check),
    ...kindProblems(check),
  ];
}

function termProblems({ block }: LossBlockCheck): LossBlockProblem[] {
  if (TERMS.some((term) => isTermOn(block, term))) return [];
  return [
    {
      code: 'LOSS_NO_TERM',
      path: [],
      message: `Every term of the loss has weight 0, so that there is nothing to learn. Give one of ${TERMS.join(', ')} a weight.`,
    },
  ];
}

function mappingProblems({ block, student, teacher }: LossBlockCheck): LossBlockProblem[] {
  if (teacher === undefined || !usesMapping(block)) return [];
  const request = { choice: block.layerMapping, studentLayers: student.layers, teacherLayers: teacher.layers };
  return layerMappingProblems(request).map((problem) => ({ ...problem, path: ['layerMapping', ...problem.path] }));
}

function scheduleProblems({ block }: LossBlockCheck): LossBlockProblem[] {
  const values = [
    ...TERMS.map((term) => ({ path: [term, 'weight'], value: block[term].weight })),
    { path: ['logits', 'temperature'], value: block.logits.temperature },
  ];
  return values.flatMap(({ path, value }) =>
    valueScheduleProblems(value).map((problem) => ({ ...problem, path: [...path, ...problem.path] })),
  );
}

/** Layers of pairs that a model does not have. */
function pairProblems({ block, student, teacher }: LossBlockCheck): LossBlockProblem[] {
  return (['attention', 'hidden'] as const).flatMap((term) => {
    const first = term === 'attention' ? 1 : 0;
    const pairs = block[term].layerPairs === undefined ? [] : comparedLayers(block, term, [0]);
    const found = (model: 'student' | 'teacher', geometry: ModelGeometry | undefined) =>
      pairs.flatMap((pair, i) => {
        if (geometry === undefined || pair[model] <= geometry.layers) return [];
        const message = `The ${term} term compares ${model} layer ${pair[model]}, but the ${model} has layers ${first} to ${geometry.layers}.`;
        return [{ code: 'LOSS_LAYER_OUT_OF_RANGE' as const, path: [term, 'layerPairs', i, model], message }];
      });
    return [...found('student', student), ...found('teacher', teacher)];
  });
}

function headProblems({ block, student, teacher }: LossBlockCheck): LossBlockProblem[] {
  if (teacher === undefined || !isTermOn(block, 'attention') || student.heads === teacher.heads) return [];
  return [
    {
      code: 'LOSS_HEADS_DIFFER',
      path: ['attention', 'weight'],
      message:
        `Attention scores are compared head by head, but the student has ${student.heads} heads and the teacher ` +
        `${teacher.heads}. Give the student ${teacher.heads} heads, or the attention term weight 0.`,
    },
  ];
}

function projectionProblems({ block, student, teacher }: LossBlockCheck): LossBlockProblem[] {
  const isUsed = isTermOn(block, 'hidden') || isTermOn(block, 'embedding');
  if (teacher === undefined || !isUsed || block.projection !== 'none' || student.hiddenSize === teacher.hiddenSize)
    return [];
  return [
    {
      code: 'LOSS_PROJECTION_NEEDED',
      path: ['projection'],
      message:
        `Hidden states can be compared without a projection only at equal width, but the student's hidden size is ` +
        `${student.hiddenSize} and the teacher's ${teacher.hiddenSize}. Use "shared" or "perLayer".`,
    },
  ];
}

function kindProblems({ block, task }: LossBlockCheck): LossBlockProblem[] {
  if (
    task?.kind === 'multi-label' &&
    isTermOn(block, 'logits') &&
    ['softCrossEntropy', 'klDivergence'].includes(block.logits.kind)
  ) {
    const message = `"${block.logits.kind}" takes the classes to exclude each other, but a row of this task may have several labels. Use "sigmoidCrossEntropy" or "meanSquaredError".`;
    return [{ code: 'LOSS_KIND_NEEDS_ONE_CLASS', path: ['logits', 'kind'], message }];
  }
  if (task?.kind !== 'regression' || !isTermOn(block, 'logits') || block.logits.kind === 'meanSquaredError') return [];
  return [
    {
      code: 'LOSS_KIND_NEEDS_CLASSES',
      path: ['logits', 'kind'],
      message:
        `"${block.logits.kind}" compares probabilities of classes, but the task is a regression with one logit, for which it ` +
        'is constant. Use "meanSquaredError".',
    },
  ];
}
