import { REGRESSION, type Task } from '@retort/foundation/task';
import { glueTask } from '@retort/tables/glue';
import { AGENT_LABELS } from '@retort/texts/synthetic';
import type { TaskDataConfig } from './config.generated.ts';

/** What the examples of a source are labelled with. */
export function taskOf(source: TaskDataConfig['source']): Task {
  if (source.kind === 'synthetic') return { kind: 'classes', labels: AGENT_LABELS };
  if (source.kind === 'glue') {
    const { labels } = glueTask(source.preset);
    return labels.kind === 'classes' ? { kind: 'classes', labels: labels.names } : REGRESSION;
  }
  const { labels } = source;
  return labels.kind === 'regression' ? REGRESSION : { kind: labels.kind, labels: labels.names ?? labels.values };
}
