import { join } from 'node:path';
import { type ArtifactMeasurement, type Measured, measureArrays } from '@retort/pipeline-comparison';
import { openSignals, type Signals } from '@retort/tables';

/** Rows that are read at a time. */
const ROWS = 64;

/** Column by column, all rows, in the order of the tokens that the teacher was asked about. */
export async function measureSignals(before: string, after: string): Promise<ArtifactMeasurement> {
  const old = await openSignals(join(before, 'signals.arrow'));
  const current = await openSignals(join(after, 'signals.arrow'));
  try {
    const problems = shapeProblems(old, current);
    if (problems.length > 0) return { tolerance: 'signals', parts: [], problems };
    const measured = old.columns.map((name) => ({ name, ...measureColumn(name, old, current) }));
    const broken = measured.filter(({ absolute }) => !Number.isFinite(absolute));
    return {
      tolerance: 'signals',
      parts: measured.filter(({ absolute }) => absolute > 0 && Number.isFinite(absolute)),
      problems: broken.map(({ name }) => `${name} has rows of another length, or values that are not numbers`),
    };
  } finally {
    await old.close();
    await current.close();
  }
}

function shapeProblems(old: Signals, current: Signals): string[] {
  const problems: string[] = [];
  if (old.rowCount !== current.rowCount) problems.push(`it had ${old.rowCount} rows, now ${current.rowCount}`);
  if (String(old.columns) !== String(current.columns))
    problems.push(`it had the columns ${old.columns.join(', ')}, now ${current.columns.join(', ')}`);
  return problems;
}

/** The relative difference is the largest of any {@link ROWS} rows. */
function measureColumn(name: string, old: Signals, current: Signals): Measured {
  let largest: Measured = { absolute: 0, relative: 0 };
  for (let first = 0; first < old.rowCount; first += ROWS) {
    const rows = Array.from({ length: Math.min(ROWS, old.rowCount - first) }, (_, i) => first + i);
    const measured = measureArrays(old.readRows(rows, name).values, current.readRows(rows, name).values);
    largest = {
      absolute: Math.max(largest.absolute, measured.absolute),
      relative: Math.max(largest.relative, measured.relative),
    };
  }
  return largest;
}
