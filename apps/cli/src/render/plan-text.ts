import type { Plan, PlannedStage } from '@retort/pipeline-graph';
import type { Colors } from './colors.ts';
import { printable } from './printable.ts';
import { textTable } from './text-table.ts';
import { formatBytes } from './units.ts';

/** The whole plan as a table. */
export function planTable(plan: Plan, colors: Colors): string {
  const columns = [
    { title: 'stage' },
    { title: 'uses' },
    { title: 'status' },
    { title: 'size', align: 'right' as const },
    { title: 'why' },
  ];
  const rows = plan.stages.map((stage) => [
    printable(stage.id),
    printable(stage.uses),
    statusText(stage, colors),
    stage.estimatedBytes === undefined ? '' : `~${formatBytes(stage.estimatedBytes)}`,
    stage.status === 'cached' ? '' : printable(stage.reason),
  ]);
  return `${colors.bold(printable(plan.pipeline))}  ${planCounts(plan)}\n\n${textTable(columns, rows)}`;
}

/** The plan in short, for the head of a run: the cached stages in one line, then why each other one runs. */
export function planSummary(plan: Plan, colors: Colors): string {
  const cached = plan.stages.filter(({ status }) => status === 'cached');
  const others = plan.stages.filter(({ status }) => status !== 'cached');
  const nameWidth = Math.max(0, ...others.map(({ id }) => printable(id).length));
  return [
    `${colors.bold(printable(plan.pipeline))}  ${planCounts(plan)}`,
    ...(cached.length > 0 && others.length > 0
      ? [colors.dim(`  cached  ${cached.map(({ id }) => printable(id)).join(', ')}`)]
      : []),
    ...others.map(
      (stage) =>
        `  ${statusText(stage, colors)}  ${printable(stage.id).padEnd(nameWidth)}  ${colors.dim(printable(stage.reason))}`,
    ),
  ].join('\n');
}

export function planCounts({ stages }: Plan): string {
  const count = (wanted: PlannedStage['status']) => stages.filter(({ status }) => status === wanted).length;
  const parts = [
    `${stages.length} ${stages.length === 1 ? 'stage' : 'stages'}`,
    count('cached') > 0 ? `${count('cached')} cached` : undefined,
    count('run') > 0 ? `${count('run')} to run` : undefined,
    count('unknown') > 0 ? `${count('unknown')} that may follow` : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

function statusText({ status }: PlannedStage, colors: Colors): string {
  const mark = { cached: colors.dim('cached'), run: colors.green('run'), unknown: colors.yellow('unknown') };
  return mark[status];
}
