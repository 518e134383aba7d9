import { join } from 'node:path';
import { StageError } from '@retort/foundation/diagnostics';
import type { Task } from '@retort/foundation/task';
import type { StageContext } from '@retort/plugin-kit';
import { type LabelValues, readTokens, type Tokens } from '@retort/tables';
import { bagOfWordsLogits } from '@retort/training';
import { predictedOf } from '@retort/training/metrics';
import type { evaluate } from './index.ts';
import { type EvaluatedModel, logitsOf, type ModelName } from './models.ts';
import { trainDiffers } from './same-task.ts';

/** What a model makes of all rows. */
export interface Answers {
  /** float32 [rows, outputs], outputs in the order of the data's labels. */
  readonly logits: Float32Array;
  /** In the form of the labels. */
  readonly predicted: LabelValues;
}

/** Asks every model that has a classifier, one after the other, and a bag of words. */
export async function askModels(
  context: StageContext<typeof evaluate>,
  { tokens, task }: { tokens: Tokens; task: Task },
  models: readonly EvaluatedModel[],
): Promise<ReadonlyMap<ModelName, Answers>> {
  const answers = new Map<ModelName, Answers>();
  const asked = models.filter(({ input, model }) => input !== 'initialStudent' && model.heads.includes('classifier'));
  const report = () => context.progress({ done: answers.size, total: asked.length, unit: 'models' });
  for (const entry of asked) {
    report();
    const logits = await logitsOf(context, entry, { tokens, task });
    answers.set(entry.input, { logits, predicted: predictedOf(logits, task) });
    report();
  }
  const words = await bagOfWords(context, { tokens, task });
  if (words) answers.set('bagOfWords', { logits: words, predicted: predictedOf(words, task) });
  return answers;
}

/** Undefined without training tokens, or where there are no labels to score it on. */
async function bagOfWords(
  { inputs: { train: input } }: StageContext<typeof evaluate>,
  { tokens, task }: { tokens: Tokens; task: Task },
): Promise<Float32Array | undefined> {
  if (input === undefined || tokens.labels === undefined) return undefined;
  const train = await readTokens(join(input.path, 'tokens.arrow'));
  const difference = trainDiffers(train.metadata.task, task);
  if (difference !== undefined) throw new StageError('TRAIN_TASK_DIFFERS', difference);
  return bagOfWordsLogits(train, tokens, task);
}
