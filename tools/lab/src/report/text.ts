import { summaryLine } from '@retort/checks/summary';
import Table from 'cli-table3';
import { type CaseResult, countsOf, type ExperimentResult, isMeasurement, type LabReport } from './report.ts';
import { rowOf, surroundingsRows, TITLES, warningsOf } from './rows.ts';

const MARKS = { held: '✓', failed: '✗', skipped: '–' } as const;

/** For a terminal: the last line has the counts. */
export function asText(report: LabReport): string {
  const head = surroundingsRows(report).map(([label, text]) => `${`${label}:`.padEnd(20)}${text}`);
  return [
    ...head,
    ...warningsOf(report),
    ...report.experiments.flatMap(section),
    '',
    summaryLine(countsOf(report)),
  ].join('\n');
}

function section({ name, description, seconds, outcomes, error }: ExperimentResult): string[] {
  const cases = outcomes.filter((each): each is CaseResult => !isMeasurement(each));
  const held = cases.filter(({ status }) => status === 'held').length;
  const isSuite = cases.length === outcomes.length;
  return [
    '',
    `${name}: ${description} (${isSuite && error === undefined ? `${held} of ${cases.length} held` : 'measured'} in ${seconds.toFixed(1)} s)`,
    ...(isSuite ? cases.filter(({ status }) => status !== 'held').map(lineOf) : [table(outcomes.map(rowOf))]),
    ...(error === undefined ? [] : [`failed: ${error}`]),
  ];
}

function lineOf({ name, status, detail }: CaseResult): string {
  return `  ${MARKS[status]} ${name}${detail === undefined ? '' : `: ${detail}`}`;
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
