import Table from 'cli-table3';
import type { BenchReport } from '../report.ts';
import { QUICK_WARNING, rowOf, surroundingsRows, TITLES } from './rows.ts';

/** For a terminal. */
export function asText(report: BenchReport): string {
  const head = surroundingsRows(report).map(([label, text]) => `${`${label}:`.padEnd(20)}${text}`);
  const tables = report.benches.flatMap(({ name, description, seconds, outcomes, error }) => [
    '',
    `${name}: ${description} (measured in ${seconds.toFixed(1)} s)`,
    ...(outcomes.length > 0 ? [table(outcomes.map(rowOf))] : []),
    ...(error === undefined ? [] : [`failed: ${error}`]),
  ]);
  return [...head, ...(report.isQuick ? [QUICK_WARNING] : []), ...tables].join('\n');
}

function table(rows: readonly string[][]): string {
  const result = new Table({
    head: [...TITLES],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right'],
  });
  result.push(...rows);
  return result.toString();
}
