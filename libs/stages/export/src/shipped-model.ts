import type { LoadedModel, NamedArrays } from '@retort/families';
import type { TrainingHistory } from '@retort/training';

/**
 * The model as it is shipped: with the positions that it has learned, so that longer texts are cut by the tokenizer, or
 * refused, instead of answered by chance. Training keeps fresh embeddings random, since a later phase that
 * reaches them has to tell them apart. Here those up to the longest length that no row had are 0, and a second text is read
 * like a first one where no row was a pair.
 */
export function withLearnedPositions(model: LoadedModel, history: TrainingHistory | undefined): LoadedModel {
  // One that no phase has trained has learned nothing, and is what it is.
  if (history === undefined || history.phases.length === 0) return model;
  const { config, values } = model;
  const maxPositions = Math.min(history.learnedPositions, config.maxPositions);
  const width = config.embeddingSize ?? config.hiddenSize;
  const shipped = new Map(values);
  const replace = (name: string, change: (table: Table) => Table) => {
    const table = values.get(name);
    if (table !== undefined) shipped.set(name, change(table));
  };
  replace('embeddings.position', (table) => ({
    shape: [maxPositions, width],
    values: table.values.slice(0, maxPositions * width).fill(0, history.reachedPositions * width),
  }));
  if (readsSecondLikeFirst(history))
    replace('embeddings.segment', ({ shape, values }) => ({
      shape,
      values: values.map((_, i) => values[i % width] as number),
    }));
  return { ...model, config: { ...config, maxPositions }, values: shipped };
}

type Table = NonNullable<ReturnType<NamedArrays['get']>>;

/** Whether the exported model gives a second text the segment of the first: no row of its training had one. */
export function readsSecondLikeFirst({ start, phases }: TrainingHistory): boolean {
  const isNew = start.model === undefined && start.layersOf === undefined;
  return isNew && phases.every(({ tokens }) => !tokens.hasPairs);
}
