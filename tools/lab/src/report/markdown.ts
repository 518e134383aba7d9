import type { LabReport } from './report.ts';
import { rowOf, surroundingsRows, TITLES, warningsOf } from './rows.ts';

/** For `docs/benchmarks.md`: what was measured where, then a table for each experiment. */
export function asMarkdown(report: LabReport): string {
  const machine = surroundingsRows(report).map(([label, text]) => `- ${label}: ${text}`);
  const sections = report.experiments.map(({ name, description, outcomes, error }) =>
    [
      `### ${name}`,
      `${description}.`,
      ...(outcomes.length > 0 ? [table(outcomes.map(rowOf))] : []),
      ...(error === undefined ? [] : [`Failed: ${cell(error)}`]),
    ].join('\n\n'),
  );
  return [...warningsOf(report), machine.join('\n'), ...sections].join('\n\n');
}

function table(rows: readonly string[][]): string {
  const rule = ['---', '---:', '---:', '---', '---'];
  return [[...TITLES], rule, ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
