import { quantity, range, verdict } from './quantity.ts';
import { isMeasurement, type LabReport, type Outcome } from './report.ts';
import type { Surroundings } from './surroundings.ts';

export const TITLES = ['what', 'median', 'least to most', 'promise', 'notes'] as const;

/** Cells of one line of a table. */
export function rowOf(outcome: Outcome): string[] {
  if (!isMeasurement(outcome)) return [outcome.name, outcome.status, '', '', outcome.detail ?? ''];
  const { name, value, unit, notes = '' } = outcome;
  return [name, quantity(value, unit), range(outcome), verdict(outcome), notes];
}

/** Label and text of everything that is known about where it was measured. */
export function surroundingsRows({ surroundings }: LabReport): [label: string, text: string][] {
  const { date, system, processor, cores, memoryBytes, vectorExtensions, node, packages } = surroundings;
  return [
    ['processor', `${processor}, ${cores} ${cores === 1 ? 'core' : 'cores'}`],
    ['vector extensions', vectorExtensions?.join(' ') ?? 'not known on this system'],
    ['memory', quantity(memoryBytes, 'bytes')],
    ['system', system],
    ['node', node],
    [
      'packages',
      Object.entries(packages)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
    ['commit', commitOf(surroundings)],
    ['date', date],
  ];
}

function commitOf({ commit, isModified }: Surroundings): string {
  if (commit === undefined) return 'not a git checkout';
  return `${commit.slice(0, 12)}${isModified ? ', with changes that are not in it' : ''}`;
}

/** Lines that belong before everything else. */
export function warningsOf({ options }: LabReport): string[] {
  if (options['quick'] !== true) return [];
  return ['Quick run with small sizes: these figures say that everything works, not how fast it is.'];
}
