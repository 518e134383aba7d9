import { type FileIdentity, fileIdentity, isSettled } from '@retort/foundation/digest';
import { writeAtomically } from './files.ts';
import type { StoreLayout } from './layout.ts';
import { readStored } from './stored.ts';

/** What files of an artifact looked like when their bytes were last hashed, by their names in it. */
export type TreeState = Readonly<Record<string, FileIdentity>>;

/** Without the device, which is another number on every machine that shares a store: each would hash what the others have. */
export async function stateOf(path: string): Promise<FileIdentity> {
  return (await fileIdentity(path)).replace(/^\d+/, '0');
}

/**
 * Remembers that the files in these states had the right bytes; those that changed a moment ago are left out. Only a memo:
 * losing it costs hashing again.
 */
export async function rememberVerified(layout: StoreLayout, path: string, states: TreeState): Promise<void> {
  const settled = Object.entries(states).filter(([, state]) => isSettled(state, Date.now()));
  if (settled.length > 0)
    await writeAtomically(layout, path, JSON.stringify(Object.fromEntries(settled))).catch(() => {});
}

export async function recallVerified(path: string): Promise<TreeState> {
  return (await readStored('states', path).catch(() => undefined)) ?? {};
}
