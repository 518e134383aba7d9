import type { TableFiles } from './config.generated.ts';

/** Names of the classes in label order; an empty list for regression. */
export function labelNames(labels: TableFiles['labels']): readonly string[] {
  return labels.kind === 'classes' ? (labels.names ?? labels.values) : [];
}
