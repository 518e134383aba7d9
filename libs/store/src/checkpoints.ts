import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { linkStatOf, readWhole, writeAtomically } from './files.ts';
import type { StoreLayout } from './layout.ts';
import { moveToQuarantine } from './quarantine.ts';
import { makeSharedFolder } from './sharing.ts';

/** Says what the checkpoints beside it rest on, besides their key. */
const BASIS = 'basis';

/**
 * A folder with a link in it is set aside: what a stage writes there could lead anywhere. A folder with another
 * basis is removed: it may come from other bytes than those of the key.
 */
export async function createFolder(layout: StoreLayout, key: string, basis?: string): Promise<void> {
  const folder = layout.checkpoint(key);
  const fault = await findStrangeEntry(folder);
  if (fault !== undefined) await moveToQuarantine(layout, `checkpoints-${key}`, fault, { checkpoints: folder });
  const path = join(folder, BASIS);
  const isOther = basis !== undefined && (await readWhole(path))?.toString() !== basis;
  if (isOther) await rm(folder, { recursive: true, force: true });
  await makeSharedFolder(layout, folder);
  if (isOther) await writeAtomically(layout, path, basis);
}

/** What in a checkpoint folder no stage has written; undefined when there is nothing, or no folder. */
export async function findStrangeEntry(folder: string): Promise<string | undefined> {
  const status = await linkStatOf(folder);
  if (status === undefined) return undefined;
  if (!status.isDirectory()) return 'it is not a folder, or a link';
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const strange = entries.find((entry) => !entry.isFile() && !entry.isDirectory());
  return strange && `${JSON.stringify(strange.name)} in it is a link, or not a plain file`;
}

export async function removeFolder(layout: StoreLayout, key: string): Promise<void> {
  await layout.refusals.remove(layout.checkpoint(key));
}
