import type { GlueTaskName } from '@retort/tables/glue';
import { type DataType, Float32, Int32 } from 'apache-arrow';
import { listOf } from '../columns.ts';

/** What a table with labels says about them. */
export interface TaskLabels {
  /** Names of the classes in label order; an empty list for regression. */
  readonly labels: readonly string[];
  /** A row may have any number of the labels, none included. */
  readonly multiLabel?: true;
}

/** Set for tables of a GLUE task in their published order. */
export interface GlueOrigin {
  readonly task: GlueTaskName;
  /** MNLI's second development and test set. */
  readonly isMismatched?: true;
}

/** int32 class indices, float32 values for regression, or a list of int32 for multi-label. */
export function labelType({ labels, multiLabel }: TaskLabels): DataType {
  if (multiLabel) return listOf(new Int32());
  return labels.length === 0 ? new Float32() : new Int32();
}

export const LABEL_DESCRIPTION =
  'Index into `labels` of the metadata, or the value to predict, or for `multiLabel` the indices that hold, ascending';
