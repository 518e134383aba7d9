import { RandomStream, streamKey } from '@retort/foundation/random';
import type { ExampleRow } from '@retort/tables';

/**
 * Tells of one training example after the other whether it is set apart to choose weights by: a share of each class, evenly
 * spread over the file. Where it begins within a class is random, so that no place in the file is preferred.
 */
export function selection(share: number | undefined, seed: number): (example: Pick<ExampleRow, 'label'>) => boolean {
  if (share === undefined) return () => false;
  const random = new RandomStream(streamKey(seed, 'task-data-selection'));
  /** By class, parts of an example that are due; whole ones are set apart. */
  const due = new Map<number | undefined, number>();
  return ({ label }) => {
    const stratum = Number.isInteger(label) ? label : undefined;
    const before = due.get(stratum) ?? random.unit();
    const now = before + share;
    due.set(stratum, now % 1);
    return now >= 1;
  };
}
