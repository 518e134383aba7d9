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
  validationExtensions,
  validationOutputs,
  validationProblems,
  withTrainingSettings,
} from '@retort/training/settings';
import schema from '../stage.schema.json' with { type: 'json' };
import type { FinetuneConfig } from './config.generated.ts';

export const finetune = defineStage<FinetuneConfig>()({
  kind: 'finetune',
  version: 1,
  description: schema.description,
  configSchema: () =>
    withTrainingSettings(schema, [
      'architecture',
      'headKind',
      'optimizer',
      'dropout',
      'batchSize',
      'gradientAccumulation',
      'epochs',
      'validation',
    ]),
  complete: completeValidation,
  inputs: {
    tokens: { types: ['labelledTokens'], description: 'Labelled tokens to train on' },
    validation: {
      types: ['labelledTokens'],
      description: 'Rows that are scored while training, to watch it and to keep the best weights',
      optional: true,
    },
    model: { types: ['model'], description: 'A model to continue training', optional: true },
  },
  outputs: ({ connected }) => ({
    model: { type: 'model', description: 'The encoder with its classification head' },
    ...validationOutputs(connected),
  }),
  extensions: (config) => ({ ...trainingExtensions(config), ...validationExtensions(config) }),
  usesEngine: true,
  usesSeed: true,
  module: '@retort/stage-finetune/run',
  describe: ({ config, inputs }) => ({
    model: {
      ...startingModelFacts(startOf(config, inputs)),
      ...(inputs['tokens']?.task && { task: inputs['tokens'].task }),
    },
  }),
  check: ({ config, inputs }) => [
    ...tokenizerProblems(inputs, 'tokens'),
    ...startingModelProblems(startOf(config, inputs)),
    ...validationProblems({ config, inputs }, inputs.tokens?.task),
  ],
  size: trainingSize,
});

function startOf({ architecture, headKind }: FinetuneConfig, inputs: Readonly<Record<string, Facts>>): StartingModel {
  return { setting: 'architecture', input: 'model', architecture, headKind, inputs };
}
