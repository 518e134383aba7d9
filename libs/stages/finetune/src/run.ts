import { join } from 'node:path';
import { type GoldLabels, goldLabelLoss } from '@retort/distillation';
import { ParameterSet, type TrainingProgram } from '@retort/engine';
import { type BertConfig, type DropoutRates, saveModel } from '@retort/families';
import type { StageRun } from '@retort/plugin-kit';
import { readTokens } from '@retort/tables';
import {
  continued,
  inputOf,
  labelScorer,
  modelOutputs,
  padTokens,
  readValidation,
  startingHistory,
  startingModel,
  statesOf,
  tokenLabels,
  trainOnRows,
  validationMetrics,
  writeHistory,
  writeOutcome,
} from '@retort/training';
import type { Tensor1D } from '@tensorflow/tfjs-core';
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
  const validated = await readValidation(context);
  const scored = { context, config: model, parameters, batchSize: config.batchSize };
  const { lastEpoch, validation } = await trainOnRows({
    context,
    tokens,
    parameters,
    validation: validated && { settings: validated.settings, scorer: labelScorer({ ...scored, ...validated }) },
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
  await writeHistory(folder, continued(history, { stage: 'finetune', context, tokens, validation }));
  await writeOutcome(outputs, validation);
  return { metrics: { loss: lastEpoch['loss'] as number, ...(validation && validationMetrics(validation)) } };
};

function classification(config: BertConfig, rates: DropoutRates): TrainingProgram {
  return (parameters, inputs, context) => {
    const { logits } = modelOutputs({ config, parameters, dropout: { rates, context } }, inputs);
    const [labels, rowWeights] = [inputOf<GoldLabels>(inputs, 'labels'), inputOf<Tensor1D>(inputs, 'rowWeights')];
    return { loss: goldLabelLoss({ logits, labels, rowWeights }), terms: {} };
  };
}
