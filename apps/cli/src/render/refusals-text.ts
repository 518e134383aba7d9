import { printable } from '@retort/foundation/diagnostics';
import { type ArtifactStore, userText } from '@retort/store';
import { retortLine } from '../command-line.ts';
import type { Console } from '../console.ts';
import { formatCount } from './units.ts';

/** Names once, and not one by one, what a command left in a store since it belongs to another user. */
export function remarkRefusals({ refusals, root }: ArtifactStore, out: Console): void {
  const [first] = refusals;
  if (first === undefined) return;
  const count = refusals.length === 1 ? '1 thing' : `${formatCount(refusals.length)} things`;
  const owner = first.owner === undefined ? 'its owner' : userText(first.owner);
  const line = retortLine(['gc', '--yes', '--store', root]);
  const text = `Left alone in the store: ${count} that another user made and did not share, such as ${printable(first.path)}. To clear up, ${owner} types: ${line}`;
  out.remark(out.errorColors.yellow(text));
}
