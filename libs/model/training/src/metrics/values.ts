import { RetortError } from '@retort/foundation/diagnostics';

/** Numbers in order of rows; any typed array or plain array. */
export type Values = ArrayLike<number>;

/** What every metric takes: row i of both belongs together. */
export interface Scored {
  /** Gold: class ids, or values for regression. */
  readonly labels: Values;
  /** A system's answers, of the same kind. */
  readonly predictions: Values;
}

/** A score of predictions against labels. Higher is better for all but `meanSquaredError`. */
export type Metric = (scored: Scored) => number;

/** Checks that there are rows and that both have as many; returns how many. */
export function rowCount({ labels, predictions }: Scored): number {
  if (labels.length !== predictions.length) {
    throw new RetortError(
      'EVALUATION_ROWS_DIFFER',
      `A score needs one prediction for each label: got ${labels.length} labels and ${predictions.length} predictions.`,
    );
  }
  if (labels.length === 0) throw new RetortError('EVALUATION_NO_ROWS', 'A score needs at least one row, got none.');
  return labels.length;
}
