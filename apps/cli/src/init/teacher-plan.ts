import { labelsOfTask, type TaskKind } from '@retort/foundation/task';
import type { LabelSettings } from './label-settings.ts';
import type { ModelFacts } from './model-facts.ts';

/** Whether the model already answers the task, or is fine-tuned first. */
export type TeacherPlan =
  | { readonly kind: 'ready'; readonly settings: Readonly<Record<string, unknown>> }
  | { readonly kind: 'finetune'; readonly why: string };

type ReadableHead = Exclude<ModelFacts['head'], { refusal: string }>;

/** A model whose head answers what the data asks is the teacher as it is. `why` is the rest of a sentence. */
export function planTeacher({ head }: ModelFacts, labels: LabelSettings): TeacherPlan {
  if ('refusal' in head) return { kind: 'finetune', why: head.refusal };
  const answered = head.task.kind;
  if (labels.kind !== answered)
    return { kind: 'finetune', why: `its head gives ${ANSWERS[answered]}, but the data has ${ANSWERS[labels.kind]}` };
  if (labels.kind === 'regression') return { kind: 'ready', settings: { head: head.kind } };
  return planClasses(head, labels.values);
}

function planClasses({ kind: head, task }: ReadableHead, values: readonly string[]): TeacherPlan {
  const classes = labelsOfTask(task);
  const isSame = classes.length === values.length && classes.every((name) => values.includes(name));
  if (isSame) return { kind: 'ready', settings: { head, labelOrder: values } };
  const isNumbered = values.every((value, i) => value === String(i)) && values.length === classes.length;
  if (isNumbered && classes.every((name, i) => name === `LABEL_${i}`)) {
    const labelNames = Object.fromEntries(classes.map((name, i) => [name, values[i]]));
    return { kind: 'ready', settings: { head, labelNames } };
  }
  const shown = classes.slice(0, SHOWN_CLASSES).join(', ') + (classes.length > SHOWN_CLASSES ? ', …' : '');
  return { kind: 'finetune', why: `its classes are ${shown}, not those of the data` };
}

const SHOWN_CLASSES = 5;

const ANSWERS: Readonly<Record<TaskKind, string>> = {
  regression: 'a number per row',
  classes: 'one label per row',
  'multi-label': 'several labels per row',
};
