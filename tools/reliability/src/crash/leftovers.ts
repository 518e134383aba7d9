import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

/** Files of a store that only a run in progress may have, relative to it. */
export function findLeftovers(store: string): string[] {
  const files = readdirSync(store, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(store.length + 1));
  return files.filter((file) => /\.tmp$|^(attempts|claims|checkpoints|quarantine)\//.test(file));
}

/** Folders below `attempts`, which an empty output may have left without a file. */
export function attemptFolders(store: string): string[] {
  const folder = join(store, 'attempts');
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** As if an hour had passed: for a minute the store believes that whoever made an attempt is about to sign it. */
export function ageAttempts(store: string): void {
  const hourAgo = new Date(Date.now() - 3_600_000);
  for (const name of attemptFolders(store)) utimesSync(join(store, 'attempts', name), hourAgo, hourAgo);
}
