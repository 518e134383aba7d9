import { printable } from '@retort/foundation/diagnostics';
import type { Measured, MetricVerdict, OutputVerdict, StageVerdict, Tolerances } from '@retort/pipeline-comparison';
import type { ReproductionDocument } from '../reproduction-document.ts';
import type { Colors } from './colors.ts';
import { textTable } from './text-table.ts';
import { formatDecimal } from './units.ts';
import { valueText } from './value-text.ts';

/** Tensors of one output that are shown; `--json` has all. */
const SHOWN_PARTS = 3;

/** What came out of a reproduction: a line for each stage, then what was measured, then what differs where it began, then the verdict. */
export function verdictText(document: ReproductionDocument, colors: Colors): string {
  const { stages, firstDifferent } = document;
  const first = stages.find(({ id }) => id === firstDifferent);
  const parts = [stagesTable(stages, colors), measuresTable(document, colors), first && firstText(first, colors)];
  return [...parts.filter((part) => part !== undefined), overall(document, colors)].join('\n\n');
}

function stagesTable(stages: readonly StageVerdict[], colors: Colors): string {
  const rows = stages.map(({ id, verdict, why }) => [printable(id), verdictWord(verdict, colors), printable(why)]);
  return textTable([{ title: 'stage' }, { title: 'verdict' }, { title: 'why' }], rows);
}

function verdictWord(verdict: StageVerdict['verdict'], colors: Colors): string {
  switch (verdict) {
    case 'identical':
      return colors.green('identical');
    case 'within-tolerance':
      return colors.yellow('within tolerance');
    case 'different':
      return colors.red('different');
    case 'unmeasured':
      return colors.yellow('unmeasured');
    case 'not-compared':
      return colors.dim('not compared');
  }
}

function measuresTable({ stages, tolerances }: ReproductionDocument, colors: Colors): string | undefined {
  const rows = stages.flatMap(({ id, outputs, metrics }) => [
    ...metrics.map((metric) => metricRow(id, metric)),
    ...outputs.flatMap((output) => outputRows(id, output, tolerances)),
  ]);
  if (rows.length === 0) return undefined;
  const right = 'right' as const;
  const columns = [
    { title: 'of' },
    { title: 'what' },
    { title: 'was', align: right },
    { title: 'is', align: right },
    { title: 'difference', align: right },
    { title: 'relative', align: right },
  ];
  return `${colors.bold('Largest measured differences')}\n${textTable(columns, rows)}`;
}

function metricRow(id: string, { name, before, after, absolute, relative }: MetricVerdict): string[] {
  return [
    printable(id),
    printable(name),
    before === undefined ? '–' : formatDecimal(before),
    after === undefined ? '–' : formatDecimal(after),
    formatSmall(absolute),
    formatSmall(relative),
  ];
}

function outputRows(id: string, { port, measurement }: OutputVerdict, tolerances: Tolerances): string[][] {
  if (measurement === undefined) return [];
  const name = `${printable(id)}.${printable(port)}`;
  const tolerance = tolerances[measurement.tolerance];
  // How near each comes to being refused: within when either bound holds.
  const excess = ({ absolute, relative }: Measured) =>
    Math.min(absolute / tolerance.absolute, relative / tolerance.relative);
  const largest = [...measurement.parts].sort((a, b) => excess(b) - excess(a)).slice(0, SHOWN_PARTS);
  return [
    ...largest.map((part) => [
      name,
      printable(part.name),
      '',
      '',
      formatSmall(part.absolute),
      formatSmall(part.relative),
    ]),
    ...measurement.problems.slice(0, SHOWN_PARTS).map((problem) => [name, printable(problem), '', '', '', '']),
  ];
}

/** Differences are often far below what `formatDecimal` is for. */
function formatSmall(value: number): string {
  return Number.isFinite(value) ? value.toPrecision(2) : '–';
}

function firstText({ id, provenance, codeChanges = [] }: StageVerdict, colors: Colors): string {
  const head = `${colors.bold('The first stage that differs:')} ${printable(id)}`;
  const rows = [
    ...provenance.map(({ path, before, after }) => [printable(path), valueText(before), valueText(after)]),
    ...codeChanges.map(({ module, before, after }) => [`  ${printable(module)}`, valueText(before), valueText(after)]),
  ];
  if (rows.length === 0) {
    return `${head}\nIts key, code, packages, Node version and hardware are the same, so something else changes its bytes. That is a bug in the stage.`;
  }
  const titles = [{ title: 'differs in' }, { title: 'then' }, { title: 'now' }];
  return `${head}\n${textTable(titles, rows)}`;
}

function overall({ verdict, tolerances, stages }: ReproductionDocument, colors: Colors): string {
  const word = colors.bold(verdictWord(verdict, colors));
  if (verdict !== 'within-tolerance') return `Verdict: ${word}`;
  const used = new Set(
    stages.flatMap(({ outputs }) => outputs.flatMap(({ measurement }) => measurement?.tolerance ?? [])),
  );
  const named = Object.entries(tolerances).filter(([name]) => name === 'metrics' || used.has(name as 'weights'));
  const bounds = named.map(([name, { absolute, relative }]) => `${name} ${absolute} absolute or ${relative} relative`);
  return `Verdict: ${word} (${bounds.join('; ')})`;
}
