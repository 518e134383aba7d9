import { Float32, Int32, type Schema } from 'apache-arrow';
import { describedField, describedNullableField, typedSchema } from './typed-schema.ts';

/** What a `history.arrow` says about itself. */
export interface HistoryMetadata {
  /** Names of the columns with losses: means over the rows trained on since the row before. */
  readonly losses: readonly string[];
  /** Names of the columns with scores on the validation rows. */
  readonly scores: readonly string[];
  /** The step whose weights are the result. */
  readonly keptStep: number;
}

/** The columns of `history.arrow`: how training went, one row for some of its steps. */
export function historySchema(metadata: HistoryMetadata): Schema {
  const { losses, scores } = metadata;
  const optional = (name: string, description: string) => describedNullableField(name, new Float32(), description);
  return typedSchema(
    'history',
    [
      describedField('step', new Int32(), 'Optimizer steps done; 0 is before training'),
      describedField('epoch', new Float32(), 'Epochs done'),
      ...losses.map((name) => optional(name, 'Mean over the rows trained on since the row before; null at step 0')),
      optional('learningRate', 'Of the last step; null at step 0'),
      optional('gradientNorm', 'Norm of all gradients before clipping, mean of the steps since the row before'),
      ...scores.map((name) => optional(name, 'On the validation rows; null where they were not scored')),
    ],
    metadata,
  );
}

/** The columns of `times.arrow`: when the rows of a history were reached. */
export function timesSchema(): Schema {
  return typedSchema(
    'times',
    [
      describedField('step', new Int32(), 'Optimizer steps done'),
      describedField('seconds', new Float32(), 'Since the start of training, without the time that it was broken off'),
    ],
    {},
  );
}
