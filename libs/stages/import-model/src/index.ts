import { labelsOfTask } from '@retort/foundation/task';
import { defineStage, type Facts, type StageProblem } from '@retort/plugin-kit';
import schema from '../stage.schema.json' with { type: 'json' };
import type { ImportModelConfig } from './config.generated.ts';
import { inspectModel } from './inspect-model.ts';
import { arrangeLabels, labelProblems } from './labels.ts';

export const importModel = defineStage<ImportModelConfig>()({
  kind: 'import-model',
  version: 1,
  description: schema.description,
  configSchema: schema,
  inputs: {
    model: {
      types: ['model'],
      description: 'A HuggingFace folder with weights, config.json and tokenizer, or hf:owner/name@revision',
      path: { kind: 'folder', hub: true, inspect: (path, config) => inspectModel(path, config as ImportModelConfig) },
    },
  },
  outputs: () => ({
    model: { type: 'model', description: 'The model in the layout that other stages read' },
    tokenizer: { type: 'tokenizer', description: 'The vocabulary that it was trained with' },
  }),
  usesEngine: false,
  usesSeed: false,
  module: '@retort/stage-import-model/run',
  describe: ({ config, inputs }) => {
    const model = inputs['model'] ?? {};
    return { model: modelFacts(config, model), tokenizer: tokenizerFacts(model) };
  },
  check: ({ config, inputs }) => {
    const task = inputs['model']?.task;
    return task === undefined ? choiceProblems(config) : labelProblems(config, labelsOfTask(task));
  },
});

/** A model whose classes are not known is not known: without them it would be one that has no classifier. */
function modelFacts(config: ImportModelConfig, model: Facts): Facts {
  const { task } = model;
  if (task === undefined) return model;
  return labelProblems(config, labelsOfTask(task)).length === 0
    ? { ...model, task: arrangeLabels(config, task) }
    : tokenizerFacts(model);
}

/** Without a head there are no classes to name. */
function choiceProblems({ head, labelNames, labelOrder }: ImportModelConfig): StageProblem[] {
  if (head !== 'none') return [];
  const settings = [
    ...(Object.keys(labelNames).length > 0 ? ['labelNames'] : []),
    ...(labelOrder === undefined ? [] : ['labelOrder']),
  ];
  return settings.map((setting) => ({
    code: 'IMPORT_NO_LABELS',
    path: ['with', setting],
    message: `"head" is "none", so there are no classes. Remove "${setting}", or choose a head.`,
  }));
}

function tokenizerFacts({ tokenizer, vocabularySize, tokenizerKind, pairsInOneSegment }: Facts): Facts {
  return {
    ...(tokenizerKind !== undefined && { tokenizerKind }),
    ...(pairsInOneSegment && { pairsInOneSegment }),
    ...(tokenizer === undefined ? {} : { tokenizer }),
    ...(vocabularySize === undefined ? {} : { vocabularySize }),
  };
}
