import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent, linkStatOf, writeAtomically } from './files.ts';
import type { StoreLayout } from './layout.ts';
import { randomSuffix } from './random-suffix.ts';
import { makeSharedFolder } from './sharing.ts';

/**
 * Moves damaged things out of use, into a folder of their own with a note that says why. Those that are not there are left
 * out; when none is there, nothing is made.
 *
 * @param pieces  name in that folder -> where it lies now
 */
export async function moveToQuarantine(
  layout: StoreLayout,
  name: string,
  why: string,
  pieces: Readonly<Record<string, string>>,
): Promise<void> {
  const present = await Promise.all(Object.values(pieces).map(linkStatOf));
  if (present.every((status) => status === undefined)) return;
  const target = join(layout.quarantine, `${name}-${randomSuffix()}`);
  await makeSharedFolder(layout, target);
  for (const [as, from] of Object.entries(pieces)) await rename(from, join(target, as)).catch(ignoreAbsent);
  await writeAtomically(layout, join(target, 'why.txt'), `${new Date().toISOString()} ${why}\n`);
}

function ignoreAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}
