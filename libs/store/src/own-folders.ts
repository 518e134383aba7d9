import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RetortError, UsageError } from '@retort/foundation/diagnostics';
import { isAbsent } from './files.ts';
import type { StoreLayout } from './layout.ts';
import { entriesOf } from './walk.ts';

/** Folders with a folder for each prefix of a digest, or for each purpose, in them. */
const WITH_PREFIXES = ['artifacts', 'records', 'checkpoints', 'claims', 'memo', join('memo', 'verified')];
const FLAT = ['attempts', 'pins', 'quarantine', 'runs', 'trash'];

/** What a system puts into a folder by itself, and what marks a store that is about to be filled by `reproduce`. */
const NEVER_COUNTS = /^\.|\.tmp$|^(lost\+found|reproduction\.json)$/;

/**
 * A folder that holds other things, such as the current one, would get a dozen folders between them.
 *
 * @throws UsageError STORE_NOT_A_STORE: the folder is not empty, and nothing in it is a store's
 */
async function requireStoreOrEmpty(root: string): Promise<void> {
  const names = (await namesIn(root)).filter((name) => !NEVER_COUNTS.test(name));
  const known = [...FLAT, ...WITH_PREFIXES];
  const isForeign = names.length > 0 && !names.some((name) => known.includes(name));
  if (!isForeign) return;
  throw new UsageError(
    'STORE_NOT_A_STORE',
    `${root} is not a store: it has other files, such as ${JSON.stringify(names[0])}. Give an existing store, or a new or empty folder, with --store.`,
  );
}

/**
 * A store may come from somebody else. What is written or removed below a folder that is really a link would be written or
 * removed somewhere else.
 *
 * @throws RetortError STORE_HAS_LINK naming the first such folder; the store's root itself may be one
 * @throws UsageError STORE_NOT_A_STORE
 */
export async function requireOwnFolders(layout: StoreLayout): Promise<void> {
  const { root } = layout;
  await requireStoreOrEmpty(root);
  for (const name of [...FLAT, ...WITH_PREFIXES]) await requireFolder(join(root, name));
  for (const name of WITH_PREFIXES) {
    const link = (await entriesOf(layout, join(root, name))).find((entry) => entry.isSymbolicLink());
    if (link !== undefined) throw leadsAway(join(root, name, link.name));
  }
}

/** Throws where one may not look: such a store must not seem to be empty. */
async function namesIn(root: string): Promise<string[]> {
  return readdir(root).catch((error: unknown) => {
    if (!isAbsent(error)) throw error;
    return [];
  });
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
    `${JSON.stringify(path)} is a link, but a store must contain all of its data itself. Replace the link with the folder that it leads to, or give another store with --store.`,
  );
}
