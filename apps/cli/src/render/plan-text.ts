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

/** The plan in short, for the head of a run: why stages run, and the names of those that are cached or wait for others. */
export function planSummary(plan: Plan, colors: Colors): string {
  const named = (status: PlannedStage['status']) => plan.stages.filter((stage) => stage.status === status);
  const names = (stages: readonly PlannedStage[]) => stages.map(({ id }) => printable(id)).join(', ');
  const [cached, due, waiting] = [named('cached'), named('run'), named('unknown')];
  const nameWidth = Math.max(0, ...due.map(({ id }) => printable(id).length));
  return [
    `${colors.bold(printable(plan.pipeline))}  ${planCounts(plan)}`,
    ...(cached.length > 0 && cached.length < plan.stages.length ? [colors.dim(`  cached  ${names(cached)}`)] : []),
    ...due.map(
      ({ id, reason }) =>
        `  ${colors.green('run')}     ${printable(id).padEnd(nameWidth)}  ${colors.dim(printable(reason))}`,
    ),
    ...(waiting.length > 0 ? [`  ${colors.yellow('then')}    ${names(waiting)}`] : []),
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
