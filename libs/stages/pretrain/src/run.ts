import { join } from 'node:path';
import { ParameterSet } from '@retort/engine';
import { saveModel } from '@retort/families';
import { streamKey } from '@retort/foundation/random';
import type { StageRun } from '@retort/plugin-kit';
import { readTokens } from '@retort/tables';
import {
  continued,
  maskWords,
  padTokens,
  readValidation,
  startingHistory,
  startingModel,
  statesOf,
  trainOnRows,
  validationMetrics,
  writeHistory,
  writeOutcome,
} from '@retort/training';
import type { pretrain } from './index.ts';
import { maskedLanguageModel } from './masked-language-model.ts';
import { withMasked, wordScorer } from './word-scorer.ts';

export const run: StageRun<typeof pretrain> = async (context) => {
  const { config, inputs, outputs, seed } = context;
  const { maskingProbability: probability } = config;
  const input = inputs.tokens;
  const tokens = await readTokens(join(input.path, 'tokens.arrow'));
  const { config: model, values } = await startingModel({
    model: inputs.model,
    architecture: config.architecture,
    tokens: tokens.metadata,
    heads: ['maskedLanguageModel'],
    seed,
  });
  const history = await startingHistory({ model: inputs.model }, model);
  const parameters = new ParameterSet(values, statesOf(config.optimizer));
  const validated = await readValidation(context);
  const { lastEpoch, validation } = await trainOnRows({
    context,
    tokens,
    program: maskedLanguageModel(model, config.dropout),
    parameters,
    inputsOf: (rows, index) => {
      const batch = padTokens(tokens, rows);
      const key = streamKey(seed, 'masked-words', index);
      return withMasked(batch, maskWords({ batch, metadata: tokens.metadata, probability, key }));
    },
    validation: validated && {
      settings: validated.settings,
      scorer: wordScorer(context, {
        model,
        parameters,
        tokens: validated.tokens,
        rows: validated.settings.maxRows ?? config.evaluationRows,
      }),
    },
  });

  const { path: folder } = outputs.model;
  await saveModel({
    folder,
    config: model,
    heads: ['maskedLanguageModel'],
    values: parameters.snapshot(),
    tokenizerFolder: input.path,
  });
  await writeHistory(folder, continued(history, { stage: 'pretrain', context, tokens, validation }));
  await writeOutcome(outputs, validation);
  return { metrics: { loss: lastEpoch['loss'] as number, ...(validation && validationMetrics(validation)) } };
};
