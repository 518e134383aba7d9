import type { ExampleRow } from '@retort/tables';
import { type LabelledSentence, mirroredPairs } from '@retort/texts/synthetic';
import type { SyntheticTask, TaskDataConfig } from './config.generated.ts';
import { selection } from './selection.ts';

/**
 * Both sentences of a pair go to one split, so that in each a bag of words is right half of the time, exactly.
 * An odd limit is therefore lowered by one.
 */
export function* syntheticExamples(config: TaskDataConfig, source: SyntheticTask, seed: number): Generator<ExampleRow> {
  const pairs = mirroredPairs({ seed, clauses: source.clauses });
  const pairCounts = {
    train: Math.floor(Math.min(source.train, config.maxTrain ?? source.train) / 2),
    validation: Math.floor(Math.min(source.validation, config.maxValidation ?? source.validation) / 2),
  };
  const isSetApart = selection(config.selection, seed);
  for (const part of ['train', 'validation'] as const) {
    for (let i = 0; i < pairCounts[part]; i++) {
      const split = part === 'train' && isSetApart({}) ? 'selection' : part;
      const pair: readonly LabelledSentence[] = pairs.next().value;
      for (const { text, label } of pair) yield { textA: text, textB: undefined, label, split };
    }
  }
}
