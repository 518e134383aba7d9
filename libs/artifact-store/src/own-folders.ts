import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { RetortError } from '@retort/diagnostics';
import { isAbsent } from './files.ts';
import type { StoreLayout } from './layout.ts';
import { entriesOf } from './walk.ts';

/** Folders with a folder for each prefix of a digest, or for each purpose, in them. */
const WITH_PREFIXES = ['artifacts', 'records', 'checkpoints', 'claims', 'memo', join('memo', 'verified')];
const FLAT = ['attempts', 'pins', 'quarantine', 'runs', 'trash'];

/**
 * A store may come from somebody else. What is written or removed below a folder that is really a link would be written or
 * removed somewhere else.
 *
 * @throws RetortError STORE_HAS_LINK naming the first such folder; the store's root itself may be one
 */
export async function requireOwnFolders({ root }: StoreLayout): Promise<void> {
  for (const name of [...FLAT, ...WITH_PREFIXES]) await requireFolder(join(root, name));
  for (const name of WITH_PREFIXES) {
    const link = (await entriesOf(join(root, name))).find((entry) => entry.isSymbolicLink());
    if (link !== undefined) throw leadsAway(join(root, name, link.name));
  }
}

async function requireFolder(path: string): Promise<void> {
  const status = await lstat(path).catch((error: unknown) => {
    if (!isAbsent(error)) throw error;
  });
  if (status?.isSymbolicLink()) throw leadsAway(path);
}

function leadsAway(path: string): RetortError {
  return new RetortError(
    'STORE_HAS_LINK',
    `${JSON.stringify(path)} is a link, but all that a store holds lies in its own folder, so that nothing else is changed through it. Put the folder in its place that it leads to, or give another store with --store.`,
  );
}
