import type { LabelSettings } from './label-settings.ts';
import type { ModelFacts } from './model-facts.ts';

/** Whether the model already answers the task, or is fine-tuned first. */
export type TeacherPlan =
  | { readonly kind: 'ready'; readonly settings: Readonly<Record<string, unknown>> }
  | { readonly kind: 'finetune'; readonly why: string };

/** A model whose classes are those of the data is the teacher as it is. */
export function planTeacher({ labels: classes }: ModelFacts, labels: LabelSettings): TeacherPlan {
  if (classes === undefined) return { kind: 'finetune', why: 'it has no classification head that can be read' };
  if (labels.kind === 'regression' || classes.length === 0)
    return { kind: 'finetune', why: 'the task or its head is regression' };
  const { values } = labels;
  const isSame = classes.length === values.length && classes.every((name) => values.includes(name));
  if (isSame) return { kind: 'ready', settings: { head: 'huggingface', labelOrder: values } };
  const isNumbered = values.every((value, i) => value === String(i)) && values.length === classes.length;
  if (isNumbered && classes.every((name, i) => name === `LABEL_${i}`)) {
    const labelNames = Object.fromEntries(classes.map((name, i) => [name, values[i]]));
    return { kind: 'ready', settings: { head: 'huggingface', labelNames } };
  }
  return { kind: 'finetune', why: `its classes are ${classes.slice(0, 5).join(', ')}, not those of the data` };
}
