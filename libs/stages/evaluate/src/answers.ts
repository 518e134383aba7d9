import type { Task } from '@retort/foundation/task';
import type { StageContext } from '@retort/plugin-kit';
import type { LabelValues, Tokens } from '@retort/tables';
import { predictedOf } from '@retort/training/metrics';
import type { evaluate } from './index.ts';
import { type EvaluatedModel, logitsOf, type ModelInput } from './models.ts';

/** What a model makes of all rows. */
export interface Answers {
  /** float32 [rows, outputs], outputs in the order of the data's labels. */
  readonly logits: Float32Array;
  /** In the form of the labels. */
  readonly predicted: LabelValues;
}

/** Asks every model that has a classifier, one after the other. */
export async function askModels(
  context: StageContext<typeof evaluate>,
  { tokens, task }: { tokens: Tokens; task: Task },
  models: readonly EvaluatedModel[],
): Promise<ReadonlyMap<ModelInput, Answers>> {
  const answers = new Map<ModelInput, Answers>();
  const asked = models.filter(({ input, model }) => input !== 'initialStudent' && model.heads.includes('classifier'));
  const report = () => context.progress({ done: answers.size, total: asked.length, unit: 'models' });
  for (const entry of asked) {
    report();
    const logits = await logitsOf(context, entry, { tokens, task });
    answers.set(entry.input, { logits, predicted: predictedOf(logits, task) });
    report();
  }
  return answers;
}
