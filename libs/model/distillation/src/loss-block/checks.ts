import type { SettingProblem } from '@retort/foundation/diagnostics';
import type { Task, TaskKind } from '@retort/foundation/task';
import { layerMappingProblems } from '../layer-mapping.ts';
import { kindsOf, lossTerms } from '../terms/index.ts';
import type { ModelGeometry } from '../terms/term.ts';
import { type ActiveTerm, activeTerms, usesProjections, valuesOfTerm } from './block.ts';
import { followsMapping } from './compared.ts';
import type { LossBlock } from './schema.ts';
import { valueScheduleProblems } from './value-schedule.ts';

export interface LossBlockCheck {
  readonly block: LossBlock;
  readonly student: ModelGeometry;
  /** Without it nothing is checked between the two. */
  readonly teacher?: ModelGeometry;
  /** What the student learns; undefined where there is no task. */
  readonly task?: Task | undefined;
}

/**
 * What the schema of the loss block cannot say, all of it. Only terms that are on are looked at. `path` is relative to the block:
 * `['layerMapping', 'layers', 3]`.
 */
export function lossBlockProblems(check: LossBlockCheck): readonly SettingProblem[] {
  const terms = activeTerms(check.block);
  if (terms.length === 0) return [noTerm()];
  return [
    ...terms.flatMap(scheduleProblems),
    ...mappingProblems(check, terms),
    ...terms.flatMap((active) => termProblems(check, active)),
    ...projectionProblems(check),
    ...terms.flatMap((active) => kindProblems(check, active)),
  ];
}

function noTerm(): SettingProblem {
  const names = lossTerms.all().map(({ name }) => name);
  const message = `Every term of the loss has weight 0, so there is nothing to learn. Give one of ${names.join(', ')} a weight.`;
  return { code: 'LOSS_NO_TERM', path: [], message };
}

function mappingProblems({ block, student, teacher }: LossBlockCheck, terms: readonly ActiveTerm[]): SettingProblem[] {
  if (teacher === undefined || !terms.some(followsMapping)) return [];
  const request = { choice: block.layerMapping, studentLayers: student.layers, teacherLayers: teacher.layers };
  return layerMappingProblems(request).map((problem) => ({ ...problem, path: ['layerMapping', ...problem.path] }));
}

function scheduleProblems(active: ActiveTerm): SettingProblem[] {
  return valuesOfTerm(active).flatMap(({ path, value }) =>
    valueScheduleProblems(value).map((problem) => ({ ...problem, path: [...path, ...problem.path] })),
  );
}

/** What a term itself finds wrong. */
function termProblems({ student, teacher, task }: LossBlockCheck, { term, settings }: ActiveTerm): SettingProblem[] {
  const problems = term.problems?.({ settings, student, teacher, task }) ?? [];
  return problems.map((problem) => ({ ...problem, path: [term.name, ...problem.path] }));
}

function projectionProblems({ block, student, teacher }: LossBlockCheck): SettingProblem[] {
  if (teacher === undefined || block.projection !== 'none' || student.hiddenSize === teacher.hiddenSize) return [];
  if (!usesProjections(block)) return [];
  return [
    {
      code: 'LOSS_PROJECTION_NEEDED',
      path: ['projection'],
      message:
        `Without a projection the hidden sizes must be equal, but the student's is ` +
        `${student.hiddenSize} and the teacher's ${teacher.hiddenSize}. Set "projection" to "shared" or "perLayer".`,
    },
  ];
}

/** A kind that cannot compare what the task's logits mean. */
function kindProblems({ task }: LossBlockCheck, { term, kind }: ActiveTerm): SettingProblem[] {
  const kinds = kindsOf(term);
  const fits = ({ tasks }: { readonly tasks?: readonly TaskKind[] }) =>
    task === undefined || (tasks ?? [task.kind]).includes(task.kind);
  const chosen = kinds.find(({ name }) => name === kind);
  if (chosen === undefined || fits(chosen)) return [];
  const fitting = kinds.filter(fits).map(({ name }) => `"${name}"`);
  const [code, why] =
    task?.kind === 'regression'
      ? [
          'LOSS_KIND_NEEDS_CLASSES',
          'compares probabilities of classes, so it is constant for this task, a regression with one logit',
        ]
      : [
          'LOSS_KIND_NEEDS_ONE_CLASS',
          'assumes that classes exclude each other, but a row of this task can have several labels',
        ];
  return [{ code, path: [term.name, 'kind'], message: `"${kind}" ${why}. Use ${fitting.join(' or ')}.` }];
}
