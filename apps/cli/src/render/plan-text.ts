import { printable } from '@retort/foundation/diagnostics';
import type { Plan, PlannedStage } from '@retort/pipeline-graph';
import type { Colors } from './colors.ts';
import { textTable } from './text-table.ts';
import { formatBytes } from './units.ts';

/** Stages in the head of a run; `plan` has them all. */
const SHOWN_DUE_STAGES = 12;

/** The whole plan as a table: of a matrix first what all cells share, then what some of them have. */
export function planTable(plan: Plan, colors: Colors): string {
  const hasMemory = plan.stages.some(({ estimatedPeakMemoryBytes }) => estimatedPeakMemoryBytes !== undefined);
  const columns = [
    { title: 'stage' },
    { title: 'uses' },
    { title: 'status' },
    { title: 'size', align: 'right' as const },
    ...(hasMemory ? [{ title: 'memory', align: 'right' as const }] : []),
    { title: 'why' },
  ];
  const rows = sections(plan).flatMap(({ title, stages }) => [
    ...(title === undefined ? [] : [[colors.bold(title), ...columns.slice(1).map(() => '')]]),
    ...stages.map((stage) => stageRow(stage, colors, hasMemory)),
  ]);
  return `${colors.bold(printable(plan.pipeline))}  ${planCounts(plan)}\n\n${textTable(columns, rows)}`;
}

interface Section {
  /** Missing for what all cells share. */
  readonly title?: string;
  readonly stages: PlannedStage[];
}

/** Stages with the same cells stand together, in the order in which the first of them comes. */
function sections({ stages }: Plan): Section[] {
  const shared: Section = { stages: stages.filter(({ cells }) => cells === undefined) };
  const found = new Map<string, Section>();
  for (const stage of stages) {
    if (stage.cells === undefined) continue;
    const identity = stage.cells.join(' ');
    const section = found.get(identity) ?? { title: cellsTitle(stage.cells, stage.id), stages: [] };
    found.set(identity, section);
    section.stages.push(stage);
  }
  return [shared, ...found.values()];
}

function cellsTitle(cells: readonly string[], stage: string): string {
  const [first = ''] = cells;
  const common = /\[(.*)\]$/s.exec(stage)?.[1] ?? first;
  return cells.length === 1 ? `cell ${printable(first)}` : `${cells.length} cells with ${printable(common)}`;
}

function stageRow(stage: PlannedStage, colors: Colors, hasMemory: boolean): string[] {
  return [
    printable(stage.id),
    printable(stage.uses),
    statusText(stage, colors),
    about(stage.estimatedBytes),
    ...(hasMemory ? [about(stage.estimatedPeakMemoryBytes)] : []),
    stage.status === 'cached' ? '' : printable(stage.reason),
  ];
}

function about(bytes: number | undefined): string {
  return bytes === undefined ? '' : `~${formatBytes(bytes)}`;
}

/** The plan in short, for the head of a run: why stages run, and the names of those that are cached or wait for others. */
export function planSummary(plan: Plan, colors: Colors): string {
  const named = (status: PlannedStage['status']) => plan.stages.filter((stage) => stage.status === status);
  const [cached, due, waiting] = [named('cached'), named('run'), named('unknown')];
  const shown = due.slice(0, SHOWN_DUE_STAGES);
  const hidden = due.length - shown.length;
  const nameWidth = Math.max(0, ...shown.map(({ id }) => printable(id).length));
  return [
    `${colors.bold(printable(plan.pipeline))}  ${planCounts(plan)}`,
    ...(cached.length > 0 && cached.length < plan.stages.length ? [colors.dim(`  cached  ${names(cached)}`)] : []),
    ...shown.map(
      ({ id, reason }) =>
        `  ${colors.green('run')}     ${printable(id).padEnd(nameWidth)}  ${colors.dim(printable(reason))}`,
    ),
    ...(hidden > 0 ? [`  ${colors.green('run')}     ${hidden} more`] : []),
    ...(waiting.length > 0 ? [`  ${colors.yellow('then')}    ${names(waiting)}`] : []),
  ].join('\n');
}

/** What a stage is in several cells is named once: `student-train (6 times)`. */
function names(stages: readonly PlannedStage[]): string {
  const groups = new Map<string, PlannedStage[]>();
  for (const stage of stages) {
    const name = stage.cells === undefined ? stage.id : stage.id.replace(/\[.*$/s, '');
    groups.set(name, [...(groups.get(name) ?? []), stage]);
  }
  const texts = [...groups].map(([name, { length, 0: only }]) =>
    length === 1 ? printable(only?.id ?? name) : `${printable(name)} (${length} times)`,
  );
  return texts.join(', ');
}

export function planCounts({ stages }: Plan): string {
  const count = (wanted: PlannedStage['status']) => stages.filter(({ status }) => status === wanted).length;
  const cells = new Set(stages.flatMap((stage) => stage.cells ?? [])).size;
  const parts = [
    count('cached') > 0 ? `${count('cached')} cached` : undefined,
    count('run') > 0 ? `${count('run')} will run` : undefined,
    count('unknown') > 0 ? `${count('unknown')} depend on their results` : undefined,
  ].filter((part) => part !== undefined);
  const total = `${stages.length} ${stages.length === 1 ? 'stage' : 'stages'}${cells > 0 ? ` in ${cells} cells` : ''}`;
  return [total, parts.join(', ')].filter((part) => part !== '').join(': ');
}

function statusText({ status }: PlannedStage, colors: Colors): string {
  const mark = { cached: colors.dim('cached'), run: colors.green('run'), unknown: colors.yellow('unknown') };
  return mark[status];
}
