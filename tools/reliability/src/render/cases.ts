import type { SuiteCase } from '../suite.ts';

export interface SuiteReport {
  readonly suite: string;
  readonly seconds: number;
  readonly cases: readonly SuiteCase[];
}

const MARKS = { held: '✓', failed: '✗', skipped: '–' } as const;

/** Every case that did not hold or was skipped, by name, and how many did. */
export function casesText({ suite, seconds, cases }: SuiteReport): string {
  const held = cases.filter(({ status }) => status === 'held').length;
  const others = cases.filter(({ status }) => status !== 'held');
  return [
    `${suite}: ${held} of ${cases.length} held in ${seconds.toFixed(1)} s`,
    ...others.map(
      ({ name, status, detail }) => `  ${MARKS[status]} ${name}${detail === undefined ? '' : `: ${detail}`}`,
    ),
  ].join('\n');
}
