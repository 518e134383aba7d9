import type { ArtifactStore } from '@retort/artifact-store';
import { retortLine } from '../command-line.ts';
import type { Console } from '../console.ts';
import { printable } from './printable.ts';
import { formatCount } from './units.ts';

/** Names once, and not one by one, what a command left in a store since it belongs to another user. */
export function remarkRefusals({ refusals, root }: ArtifactStore, out: Console): void {
  const [first] = refusals;
  if (first === undefined) return;
  const [count, verb] = refusals.length === 1 ? ['1 thing', 'was'] : [`${formatCount(refusals.length)} things`, 'were'];
  const owner = first.owner === undefined ? 'another user' : first.owner === 0 ? 'root' : `user ${first.owner}`;
  const line = retortLine(['gc', '--yes', '--store', root]);
  out.remark(
    out.errorColors.yellow(
      `${count} in the store ${verb} left alone because you may not ${first.doing} what another user made, such as ${printable(first.path)} of ${owner}. No result is affected. To clear up, ${owner} types: ${line}`,
    ),
  );
}
