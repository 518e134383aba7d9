import { readdir } from 'node:fs/promises';
import { linkStatOf } from './files.ts';
import type { StoreLayout } from './layout.ts';
import { moveToQuarantine } from './quarantine.ts';
import { makeSharedFolder } from './sharing.ts';

/** A folder with a link in it is set aside: what a stage goes on to write could lead anywhere. */
export async function createFolder(layout: StoreLayout, key: string): Promise<void> {
  const folder = layout.checkpoint(key);
  const fault = await findStrangeEntry(folder);
  if (fault !== undefined) await moveToQuarantine(layout, `checkpoints-${key}`, fault, { checkpoints: folder });
  await makeSharedFolder(layout, folder);
}

/** What in a checkpoint folder no stage has written; undefined when there is nothing, or no folder. */
export async function findStrangeEntry(folder: string): Promise<string | undefined> {
  const status = await linkStatOf(folder);
  if (status === undefined) return undefined;
  if (!status.isDirectory()) return 'it is a link, or no folder';
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const strange = entries.find((entry) => !entry.isFile() && !entry.isDirectory());
  return strange && `${JSON.stringify(strange.name)} in it is a link, or no plain file`;
}

export async function removeFolder(layout: StoreLayout, key: string): Promise<void> {
  await layout.refusals.remove(layout.checkpoint(key));
}
