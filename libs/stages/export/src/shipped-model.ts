import type { LoadedModel } from '@retort/bert';
import type { TrainingHistory } from '@retort/training';

/**
 * The model as it is shipped: with the positions that it has learned. The embeddings of others are as they were before
 * training, and longer texts are cut by the tokenizer, or refused, instead of answered by chance.
 */
export function withLearnedPositions(model: LoadedModel, history: TrainingHistory | undefined): LoadedModel {
  const { config, values } = model;
  // One that no phase has trained has learned nothing, and is what it is.
  const isTrained = history !== undefined && history.phases.length > 0;
  const maxPositions = isTrained ? Math.min(history.learnedPositions, config.maxPositions) : config.maxPositions;
  const table = values.get('embeddings.position');
  if (table === undefined || maxPositions === config.maxPositions) return model;
  const learned = {
    shape: [maxPositions, config.hiddenSize],
    values: table.values.slice(0, maxPositions * config.hiddenSize),
  };
  return {
    ...model,
    config: { ...config, maxPositions },
    values: new Map([...values, ['embeddings.position', learned]]),
  };
}
