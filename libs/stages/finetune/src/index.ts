import { geometryProblems } from '@retort/bert/geometry';
import { defineStage, tokenizerProblems } from '@retort/stage-kit';
import { withTrainingSettings } from '@retort/training/settings';
import schema from '../stage.schema.json' with { type: 'json' };
import type { FinetuneConfig } from './config.generated.ts';

export const finetune = defineStage<FinetuneConfig>({
  kind: 'finetune',
  version: 1,
  description: schema.description,
  configSchema: withTrainingSettings(schema, [
    'architecture',
    'optimizer',
    'dropout',
    'batchSize',
    'gradientAccumulation',
    'epochs',
  ]),
  inputs: {
    tokens: { types: ['labelledTokens'], description: 'What to learn from' },
    model: { types: ['model'], description: 'A model that goes on learning', optional: true },
  },
  outputs: () => ({ model: { type: 'model', description: 'The encoder with its classification head' } }),
  usesEngine: true,
  usesSeed: true,
  module: '@retort/stage-finetune/run',
  describe: ({ config, inputs: { tokens, model } }) => {
    const architecture = model ? model.architecture : config.architecture;
    return {
      model: {
        ...(tokens?.tokenizer === undefined ? {} : { tokenizer: tokens.tokenizer }),
        ...(tokens?.vocabularySize === undefined ? {} : { vocabularySize: tokens.vocabularySize }),
        ...(tokens?.labels === undefined ? {} : { labels: tokens.labels }),
        ...(architecture ? { architecture } : {}),
      },
    };
  },
  check: ({ config, inputs }) => {
    const { model, tokens } = inputs;
    const problems = tokenizerProblems(inputs, 'tokens');
    if (config.architecture)
      problems.push(...geometryProblems(config.architecture, ['with', 'architecture'], tokens?.maxSequenceLength));
    if (Boolean(config.architecture) === Boolean(model)) {
      problems.push({
        code: 'MODEL_OR_ARCHITECTURE',
        path: ['with'],
        message: model
          ? 'A model is connected, so its geometry is given: leave "architecture" out.'
          : 'Give "architecture" for a new model, or connect "model" to go on with one.',
      });
    }
    return problems;
  },
});
