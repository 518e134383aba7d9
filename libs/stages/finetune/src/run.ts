import { join } from 'node:path';
import { hardLabelCrossEntropy, multiLabelCrossEntropy, regressionLoss } from '@retort/distillation';
import { ParameterSet, type TrainingProgram } from '@retort/engine';
import { type BertConfig, classify, type DropoutRates, encode, saveModel } from '@retort/families';
import type { Task } from '@retort/foundation/task';
import type { StageRun } from '@retort/plugin-kit';
import { readTokens } from '@retort/tables';
import {
  continued,
  padTokens,
  startingHistory,
  startingModel,
  statesOf,
  tokenLabels,
  trainOnRows,
  writeHistory,
} from '@retort/training';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { finetune } from './index.ts';

export const run: StageRun<typeof finetune> = async (context) => {
  const { config, inputs, outputs, seed } = context;
  const input = inputs.tokens;
  const tokens = await readTokens(join(input.path, 'tokens.arrow'));
  const { config: model, values } = await startingModel({
    model: inputs.model,
    architecture: config.architecture,
    tokens: tokens.metadata,
    heads: ['classifier'],
    headKind: config.headKind,
    seed,
  });
  const history = await startingHistory({ model: inputs.model }, model);
  const parameters = new ParameterSet(values, statesOf(config.optimizer));
  const { lastEpoch } = await trainOnRows({
    context,
    tokens,
    parameters,
    program: classification(model, config.dropout),
    inputsOf: (batch) => ({ ...padTokens(tokens, batch), ...tokenLabels(tokens, batch.rows) }),
  });
  const { path: folder } = outputs.model;
  await saveModel({
    folder,
    config: model,
    heads: ['classifier'],
    values: parameters.snapshot(),
    tokenizerFolder: input.path,
  });
  await writeHistory(folder, continued(history, { stage: 'finetune', context, tokens }));
  return { metrics: { loss: lastEpoch['loss'] as number } };
};

/** Cross-entropy against gold classes, that of each label's sigmoid for multi-label, or mean squared error for regression. */
function classification(config: BertConfig, rates: DropoutRates): TrainingProgram {
  return (parameters, inputs, context) => {
    const { tokenIds, segmentIds, keyMask, rowWeights, labels } = inputs as Record<
      'tokenIds' | 'segmentIds' | 'keyMask' | 'rowWeights' | 'labels',
      Tensor
    >;
    const model = { config, parameters, dropout: { rates, context } };
    const { hiddenStates } = encode(model, { tokenIds, segmentIds, keyMask });
    const logits = classify(model, hiddenStates.at(-1) as Tensor);
    return { loss: goldLoss(config, { logits, labels, rowWeights: rowWeights as Tensor1D }), terms: {} };
  };
}

function goldLoss(
  { task }: BertConfig,
  { logits, labels, rowWeights }: { logits: Tensor2D; labels: Tensor; rowWeights: Tensor1D },
): Scalar {
  switch ((task as Task).kind) {
    case 'classes':
      return hardLabelCrossEntropy({ logits, labels: labels as Tensor1D, rowWeights });
    case 'multi-label':
      return multiLabelCrossEntropy({ logits, labels: labels as Tensor2D, rowWeights });
    case 'regression':
      return regressionLoss({ logits, labels: labels as Tensor1D, rowWeights });
  }
}
