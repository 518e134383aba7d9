import {
  defineStage,
  type Facts,
  type StartingModel,
  startingModelFacts,
  startingModelProblems,
  tokenizerProblems,
} from '@retort/plugin-kit';
import {
  completeValidation,
  trainingExtensions,
  trainingSize,
  validationOutputs,
  validationProblems,
  withTrainingSettings,
} from '@retort/training/settings';
import schema from '../stage.schema.json' with { type: 'json' };
import type { PretrainConfig } from './config.generated.ts';

export const pretrain = defineStage<PretrainConfig>()({
  kind: 'pretrain',
  version: 1,
  description: schema.description,
  configSchema: () =>
    withTrainingSettings(schema, [
      'architecture',
      'optimizer',
      'dropout',
      'batchSize',
      'gradientAccumulation',
      'epochs',
      'validation',
    ]),
  complete: completeValidation,
  inputs: {
    tokens: { types: ['tokens'], description: 'Tokens to train on' },
    validation: {
      types: ['tokens'],
      description: 'Held-out tokens, whose loss is taken while training',
      optional: true,
    },
    model: { types: ['model'], description: 'A model to continue training', optional: true },
  },
  outputs: ({ connected }) => ({
    model: { type: 'model', description: 'The encoder with its masked-language-model head' },
    ...validationOutputs(connected),
  }),
  extensions: trainingExtensions,
  usesEngine: true,
  usesSeed: true,
  module: '@retort/stage-pretrain/run',
  describe: ({ config, inputs }) => ({ model: startingModelFacts(startOf(config, inputs)) }),
  check: ({ config, inputs }) => [
    ...tokenizerProblems(inputs, 'tokens'),
    ...startingModelProblems(startOf(config, inputs)),
    ...validationProblems({ config, inputs }, undefined),
  ],
  size: trainingSize,
});

function startOf({ architecture }: PretrainConfig, inputs: Readonly<Record<string, Facts>>): StartingModel {
  return { setting: 'architecture', input: 'model', architecture, inputs };
}
