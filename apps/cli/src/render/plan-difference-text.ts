import { printable } from '@retort/foundation/diagnostics';
import type { StageComparison } from '@retort/pipeline-comparison';
import type { Colors } from './colors.ts';
import { textTable } from './text-table.ts';
import { valueText } from './value-text.ts';

interface PlanDifference {
  readonly first: string;
  readonly second: string;
  readonly stages: readonly StageComparison[];
}

/** Two pipelines side by side: what each stage is to the other pipeline, then every setting that differs. */
export function planDifferenceText({ first, second, stages }: PlanDifference, colors: Colors): string {
  const shared = stages.filter(({ relation }) => relation === 'shared').length;
  const head = `${colors.bold(printable(first))} and ${colors.bold(printable(second))} share ${shared} of ${stages.length} stages`;
  const parts = [
    head,
    stagesTable({ first, second, stages }, colors),
    settingsTable({ first, second, stages }, colors),
  ];
  return parts.filter((part) => part !== undefined).join('\n\n');
}

function stagesTable({ first, second, stages }: PlanDifference, colors: Colors): string {
  const columns = [
    { title: 'stage' },
    { title: 'work' },
    { title: printable(first) },
    { title: printable(second) },
    { title: 'why' },
  ];
  const rows = stages.map((stage) => [
    printable(stage.id),
    relationWord(stage, { first, second }, colors),
    keyText(stage, 'first'),
    keyText(stage, 'second'),
    why(stage),
  ]);
  return textTable(columns, rows);
}

function relationWord(
  { relation }: StageComparison,
  { first, second }: Omit<PlanDifference, 'stages'>,
  colors: Colors,
): string {
  switch (relation) {
    case 'shared':
      return colors.dim('shared');
    case 'different':
      return colors.yellow('different');
    case 'first':
      return `only ${printable(first)}`;
    case 'second':
      return `only ${printable(second)}`;
  }
}

/** A key that waits for another stage's bytes is not known yet. */
function keyText({ keys, relation }: StageComparison, side: 'first' | 'second'): string {
  if ((relation === 'first' || relation === 'second') && relation !== side) return '–';
  return keys[side]?.slice(0, 12) ?? 'not yet known';
}

function why({ differences, differentInputs, sameAs }: StageComparison): string {
  const parts = [
    differences.length === 0 ? undefined : `${differences.length} ${differences.length === 1 ? 'setting' : 'settings'}`,
    differentInputs.length === 0 ? undefined : `different ${differentInputs.map(printable).join(', ')}`,
    sameAs.length === 0 ? undefined : `same work as ${sameAs.map(printable).join(', ')} there`,
  ];
  return parts.filter((part) => part !== undefined).join('; ');
}

function settingsTable({ first, second, stages }: PlanDifference, colors: Colors): string | undefined {
  const rows = stages.flatMap(({ id, differences }) =>
    differences.map(({ path, before, after }) => [
      printable(`stages.${id}.${path}`),
      colors.red(valueText(before)),
      colors.green(valueText(after)),
    ]),
  );
  if (rows.length === 0) return undefined;
  return textTable([{ title: 'setting' }, { title: printable(first) }, { title: printable(second) }], rows);
}
