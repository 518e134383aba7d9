import { printable } from '@retort/foundation/diagnostics';
import type { Checked, StoreProblem, VerifyReport } from '@retort/store';
import { retortLine } from '../command-line.ts';
import type { Colors } from './colors.ts';
import { formatBytes, formatCount } from './units.ts';

/** What was checked, then every problem with what it means. */
export function verifyText(
  { checked, problems, store, dryRun }: VerifyReport & { store: string; dryRun: boolean },
  colors: Colors,
): string {
  const head = `${printable(store)}\n${checkedText(checked)}`;
  if (problems.length === 0) return `${head}\n${colors.green('✓')} No damage found.`;
  const count = `${counted(problems.length, 'problem')}.`;
  const end = dryRun
    ? `${count} Nothing was changed. To move damaged data to quarantine:\n  ${retortLine(['verify'])}`
    : `${count} Damaged data was moved to ${printable(store)}/quarantine. Results are recomputed when they are needed.`;
  return [head, ...problems.map((problem) => problemText(problem, colors)), end].join('\n\n');
}

export function checkedText({ artifacts, bytes, records, runs, checkpoints, pins }: Checked): string {
  const parts = [
    `${counted(artifacts, 'artifact')} (${formatBytes(bytes)})`,
    counted(records, 'record'),
    counted(runs, 'run'),
    counted(checkpoints, 'checkpoint'),
    counted(pins, 'pin'),
  ];
  return `Checked ${parts.join(', ')}`;
}

function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function problemText({ kind, name, path, damage, advice }: StoreProblem, colors: Colors): string {
  return `${colors.red('✗')} ${kind} ${printable(name)}\n  ${printable(damage)}\n  ${printable(advice)}\n  ${printable(path)}`;
}
