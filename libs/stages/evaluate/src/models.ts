import { join } from 'node:path';
import { classify, encode, type LoadedModel, loadModel, parameterSpecs } from '@retort/bert';
import { readTokens, type Tokens } from '@retort/columnar';
import { createEngine, type ForwardPass, type ForwardProgram, type Parameter } from '@retort/engine';
import type { InputArtifact, StageContext } from '@retort/stage-kit';
import { bucketWidths, checkTokensFit, evaluationBatches, padTokens, rowLengths } from '@retort/training';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { EvaluateConfig } from './config.generated.ts';

export const ROLES = ['teacher', 'student', 'baseline', 'initialStudent'] as const;
export type ModelRole = (typeof ROLES)[number];

/** What the tables call each role. */
export const ROLE_TITLES: Readonly<Record<ModelRole, string>> = {
  teacher: 'teacher',
  student: 'student',
  baseline: 'student without a teacher',
  initialStudent: 'student before training',
};

export interface EvaluatedModel {
  readonly role: ModelRole;
  readonly model: LoadedModel;
  /** Weights in elements: encoder, and head where there is one. Projections are no part of it. */
  readonly parameters: number;
}

export async function readInputs(
  context: StageContext<EvaluateConfig>,
): Promise<{ tokens: Tokens; models: EvaluatedModel[] }> {
  const tokens = await readTokens(join((context.inputs['tokens'] as InputArtifact).path, 'tokens.arrow'));
  const models: EvaluatedModel[] = [];
  for (const role of ROLES) {
    const input = context.inputs[role];
    if (input === undefined) continue;
    const model = await loadModel(input.path);
    checkTokensFit(model.config, { tokens: tokens.metadata, model: input.label });
    const parameters = parameterSpecs(model.config, model.heads).reduce(
      (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
      0,
    );
    models.push({ role, model, parameters });
  }
  return { tokens, models };
}

/** Logits float32 [rows, classes] in the order of the rows. */
export async function logitsOf(
  context: StageContext<EvaluateConfig>,
  { model }: EvaluatedModel,
  tokens: Tokens,
): Promise<{ values: Float32Array; classes: number }> {
  const pass = await forwardPass(context, model, classifier(model));
  const lengths = rowLengths(tokens);
  let classes = 1;
  let values = new Float32Array(0);
  for (const batch of evaluationBatches(lengths, {
    batchSize: context.config.batchSize,
    widths: bucketWidths(tokens.metadata.maxSequenceLength),
  })) {
    context.throwIfInterrupted();
    const { logits } = await pass.run(padTokens(tokens, batch));
    if (values.length === 0) {
      classes = logits?.shape[1] as number;
      values = new Float32Array(tokens.rowCount * classes);
    }
    for (const [i, row] of batch.rows.entries())
      values.set((logits?.data as Float32Array).subarray(i * classes, (i + 1) * classes), row * classes);
  }
  await pass.dispose();
  return { values, classes };
}

export async function forwardPass(
  context: StageContext<EvaluateConfig>,
  model: LoadedModel,
  program: ForwardProgram,
): Promise<ForwardPass> {
  const engine = await createEngine(context.engine, { threads: context.threads });
  return engine.forward(program, parametersOf(model.values));
}

export function parametersOf(values: LoadedModel['values']): Parameter[] {
  return [...values].map(([name, tensor]) => ({ name, ...tensor }));
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
