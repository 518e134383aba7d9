import type { TaskLabels } from '@retort/tables';
import { glueTask } from '@retort/tables/glue';
import { AGENT_LABELS } from '@retort/texts/synthetic';
import type { TaskDataConfig } from './config.generated.ts';

/** Names of the labels in label order, an empty list for regression, and whether a row may have several. */
export function taskLabels(source: TaskDataConfig['source']): TaskLabels {
  if (source.kind === 'synthetic') return { labels: AGENT_LABELS };
  if (source.kind === 'glue') {
    const { labels } = glueTask(source.preset);
    return { labels: labels.kind === 'classes' ? labels.names : [] };
  }
  const { labels } = source;
  if (labels.kind === 'regression') return { labels: [] };
  const names = labels.names ?? labels.values;
  return labels.kind === 'multi-label' ? { labels: names, multiLabel: true } : { labels: names };
}
