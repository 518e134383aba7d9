import { printable } from '@retort/foundation/diagnostics';
import { type ArtifactStore, userText } from '@retort/store';
import { retortLine } from '../command-line.ts';
import type { Console } from '../console.ts';
import { formatCount } from './units.ts';

/** Names once, and not one by one, what a command left in a store since it belongs to another user. */
export function remarkRefusals({ refusals, root }: ArtifactStore, out: Console): void {
  const [first] = refusals;
  if (first === undefined) return;
  const count = refusals.length === 1 ? '1 item' : `${formatCount(refusals.length)} items`;
  const owner = first.owner === undefined ? 'its owner' : userText(first.owner);
  const line = retortLine(['gc', '--yes', '--store', root]);
  const text = `Left in the store: ${count} that another user owns and does not share, such as ${printable(first.path)}. To clean up, ${owner} runs: ${line}`;
  out.remark(out.errorColors.yellow(text));
}
