import { REGRESSION, type Task } from '@retort/foundation/task';
import type { GlueTaskName } from '@retort/tables/glue';
import { type DataType, Float32, Int32 } from 'apache-arrow';
import { listOf } from '../columns.ts';

/** Set for tables of a GLUE task in their published order. */
export interface GlueOrigin {
  readonly task: GlueTaskName;
  /** MNLI's second development and test set. */
  readonly isMismatched?: true;
}

/** How the metadata of a table says what its task is. Files are written so since before there was a `Task`. */
export interface StoredTask {
  /** An empty list for regression; missing where there is no task. */
  readonly labels?: readonly string[] | undefined;
  readonly multiLabel?: true | undefined;
}

export function storedTask(task: Task | undefined): StoredTask {
  switch (task?.kind) {
    case undefined:
      return {};
    case 'regression':
      return { labels: [] };
    case 'classes':
      return { labels: task.labels };
    case 'multi-label':
      return { labels: task.labels, multiLabel: true };
  }
}

export function taskOfStored({ labels, multiLabel }: StoredTask): Task | undefined {
  if (labels === undefined) return undefined;
  if (multiLabel) return { kind: 'multi-label', labels };
  return labels.length === 0 ? REGRESSION : { kind: 'classes', labels };
}

/** Metadata with its task as it is stored, and as it is used. */
export function withStoredTask<Metadata extends { readonly task?: Task }>({ task, ...metadata }: Metadata): object {
  return { ...metadata, ...storedTask(task) };
}

export function withTask<Metadata extends { readonly task?: Task }>(
  stored: Readonly<Record<string, unknown>>,
): Metadata {
  const { labels, multiLabel, ...metadata } = stored as StoredTask;
  const task = taskOfStored({ labels, multiLabel });
  return { ...metadata, ...(task && { task }) } as Metadata;
}

export function labelType(task: Task): DataType {
  switch (task.kind) {
    case 'classes':
      return new Int32();
    case 'multi-label':
      return listOf(new Int32());
    case 'regression':
      return new Float32();
  }
}

export const LABEL_DESCRIPTION =
  'Index into `labels` of the metadata, or the value to predict, or for `multiLabel` the indices that hold, ascending';
