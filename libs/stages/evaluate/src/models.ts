import { join } from 'node:path';
import { createEngine, type ForwardPass, type ForwardProgram } from '@retort/engine';
import {
  classify,
  encode,
  type LoadedModel,
  loadModel,
  parameterSpecs,
  parametersOf,
  tokenAxes,
} from '@retort/families';
import { StageError } from '@retort/foundation/diagnostics';
import { labelsOfTask, REGRESSION, type Task } from '@retort/foundation/task';
import type { StageContext } from '@retort/plugin-kit';
import { readTokens, type Tokens } from '@retort/tables';
import { checkTokensFit, logitsOf as outputsOf } from '@retort/training';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { evaluate } from './index.ts';
import { MODEL_INPUTS, type ModelInput } from './model-inputs.ts';
import { tasksDiffer } from './same-task.ts';

/** What is scored: the models that are connected, and a bag of words where there are training tokens to learn it from. */
export type ModelName = ModelInput | 'bagOfWords';

/** What the tables call each model. */
export const MODEL_TITLES: Readonly<Record<ModelName, string>> = {
  teacher: 'teacher',
  student: 'student',
  baseline: 'student without a teacher',
  initialStudent: 'student before training',
  bagOfWords: 'bag of words',
};

export interface EvaluatedModel {
  readonly input: ModelInput;
  readonly model: LoadedModel;
  /** Weights in elements: encoder, and head where there is one. Projections are no part of it. */
  readonly parameters: number;
}

export async function readInputs(
  context: StageContext<typeof evaluate>,
): Promise<{ tokens: Tokens; models: EvaluatedModel[] }> {
  const tokens = await readTokens(join(context.inputs.tokens.path, 'tokens.arrow'));
  const models: EvaluatedModel[] = [];
  for (const input of MODEL_INPUTS) {
    const artifact = context.inputs[input];
    if (artifact === undefined) continue;
    const model = await loadModel(artifact.path);
    checkTokensFit(model.config, { tokens: tokens.metadata, model: artifact.label });
    const parameters = parameterSpecs(model.config, model.heads).reduce(
      (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
      0,
    );
    models.push({ input, model, parameters });
  }
  return { tokens, models };
}

/**
 * Logits float32 [rows, outputs] in the order of the rows, outputs in the order of the data's labels.
 *
 * @throws StageError LABELS_DIFFER where the model has other labels than the data
 */
export async function logitsOf(
  context: StageContext<typeof evaluate>,
  { model, input }: EvaluatedModel,
  { tokens, task }: { tokens: Tokens; task: Task },
): Promise<Float32Array> {
  const columns = columnsOf(model, task, MODEL_TITLES[input]);
  const { batchSize } = context.config;
  const { config, values } = model;
  const logits = await outputsOf({ config, parameters: parametersOf(values) }, { context, tokens, batchSize });
  const isInOrder = columns.every((from, to) => from === to);
  if (isInOrder) return logits;
  return logits.map((_, i) => logits[i - (i % columns.length) + (columns[i % columns.length] as number)] as number);
}

/** For each label of the data the model's output for it: the same labels may come in another order. */
function columnsOf({ config: { task: model = REGRESSION } }: LoadedModel, data: Task, title: string): number[] {
  const difference = tasksDiffer({ model, data, name: `The ${title}` });
  if (difference !== undefined) throw new StageError('LABELS_DIFFER', difference);
  return data.kind === 'regression' ? [0] : data.labels.map((label) => labelsOfTask(model).indexOf(label));
}

export async function forwardPass(
  context: StageContext<typeof evaluate>,
  model: LoadedModel,
  program: ForwardProgram,
): Promise<ForwardPass> {
  const engine = await createEngine(context.engine, { threads: context.threads });
  return engine.forward(program, parametersOf(model.values), { freeAxes: tokenAxes(model.config) });
}

/** The forward pass that a model is used with: logits where it has a classifier, else its last hidden states. */
export function classifier({ config, heads }: LoadedModel): ForwardProgram {
  return (parameters, inputs) => {
    const { tokenIds, segmentIds, keyMask } = inputs as Record<'tokenIds' | 'segmentIds' | 'keyMask', Tensor>;
    const { hiddenStates } = encode({ config, parameters }, { tokenIds, segmentIds, keyMask });
    const last = hiddenStates.at(-1) as Tensor;
    return heads.includes('classifier') ? { logits: classify({ config, parameters }, last) } : { last };
  };
}
