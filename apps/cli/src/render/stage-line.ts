import { printable } from '@retort/foundation/diagnostics';
import type { StageSummary } from '@retort/pipeline-runner';
import type { Progress } from '@retort/plugin-kit';
import type { Colors } from './colors.ts';
import { formatCount, formatDecimal, formatDuration } from './units.ts';

/** Figures beside a finished stage: more than this is what the report is for. */
const SHOWN_METRICS = 4;

/** The permanent line of a stage that has ended: `✓ tokenize  3.2 s  12,345 sentences`, `= corpus  cached`. */
export function stageLine(stage: StageSummary, last: Progress | undefined, colors: Colors): string {
  const id = printable(stage.id);
  switch (stage.status) {
    case 'cached':
      return colors.dim(`= ${id}  cached`);
    case 'ran':
      return [`${colors.green('✓')} ${id}`, formatDuration(stage.seconds), ...amounts(stage, last)].join('  ');
    case 'failed':
      return [
        `${colors.red('✗')} ${colors.bold(id)}`,
        formatDuration(stage.seconds),
        colors.red(printable(stage.error?.code ?? 'failed')),
      ].join('  ');
    case 'interrupted':
      return `${colors.yellow('!')} ${id}  ${formatDuration(stage.seconds)}  interrupted`;
    case 'skipped':
      return colors.dim(`- ${id}  skipped`);
  }
}

function amounts({ outputs, metrics = {} }: StageSummary, last: Progress | undefined): string[] {
  const rows = Object.values(outputs).reduce((sum, output) => sum + (output.rows ?? 0), 0);
  const amount = last
    ? `${formatCount(last.done)} ${printable(last.unit)}`
    : rows > 0
      ? `${formatCount(rows)} rows`
      : undefined;
  const figures = Object.entries(metrics)
    .slice(0, SHOWN_METRICS)
    .map(([name, value]) => `${printable(name)} ${formatDecimal(value)}`);
  return [...(amount === undefined ? [] : [amount]), ...figures];
}
