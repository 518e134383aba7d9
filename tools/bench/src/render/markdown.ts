import type { BenchReport } from '../report.ts';
import { QUICK_WARNING, rowOf, surroundingsRows, TITLES } from './rows.ts';

/** For `docs/benchmarks.md`: what was measured where, then a table for each bench. */
export function asMarkdown(report: BenchReport): string {
  const machine = surroundingsRows(report).map(([label, text]) => `- ${label}: ${text}`);
  const sections = report.benches.map(({ name, description, outcomes, error }) =>
    [
      `### ${name}`,
      `${description}.`,
      ...(outcomes.length > 0 ? [table(outcomes.map(rowOf))] : []),
      ...(error === undefined ? [] : [`Failed: ${cell(error)}`]),
    ].join('\n\n'),
  );
  return [...(report.isQuick ? [QUICK_WARNING] : []), machine.join('\n'), ...sections].join('\n\n');
}

function table(rows: readonly string[][]): string {
  const rule = ['---', '---:', '---:', '---', '---'];
  return [[...TITLES], rule, ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
