import type { Task } from '@retort/foundation/task';
import { type Schema, Utf8 } from 'apache-arrow';
import {
  type GlueOrigin,
  LABEL_DESCRIPTION,
  labelType,
  type StoredTask,
  storedTask,
  taskOfStored,
} from './task-labels.ts';
import { describedField, describedNullableField, typedSchema } from './typed-schema.ts';

/** What an `examples.arrow` says about itself. */
export interface ExamplesMetadata {
  /** What the task is called. */
  readonly name: string;
  readonly task: Task;
  readonly glue?: GlueOrigin;
  /** The test examples have no labels; without it they have. */
  readonly isTestUnlabelled?: true;
  /** Some training examples are set apart to choose weights by. */
  readonly hasSelection?: true;
}

/** The columns of `examples.arrow`. */
export function examplesSchema({ name, task, ...metadata }: ExamplesMetadata): Schema {
  return typedSchema(
    'examples',
    [
      describedField('textA', new Utf8(), 'The sentence, or the first of a pair'),
      describedNullableField('textB', new Utf8(), 'The second sentence of a pair; null for single sentences'),
      describedNullableField('label', labelType(task), `${LABEL_DESCRIPTION}; null when unlabelled`),
      describedField('split', new Utf8(), `train, ${metadata.hasSelection ? 'selection, ' : ''}validation or test`),
    ],
    { ...metadata, task: name, ...storedTask(task) },
  );
}

/** What the schema's metadata says. */
export function examplesMetadata(stored: Readonly<Record<string, unknown>>): ExamplesMetadata {
  const { labels, multiLabel, task: name, ...metadata } = stored as unknown as StoredTask & { task: string };
  return { ...metadata, name, task: taskOfStored({ labels, multiLabel }) as Task };
}
