import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolders, writeToCache } from './cache-folders.mjs';
import { writeAtomically } from './write-atomically.mjs';

/**
 * A file in a workspace's cache for what saves time alone: it may be gone, damaged or another user's, and then nothing but time is
 * lost.
 *
 * @param {string} workspace  its real path
 * @param {string} name
 */
export function cacheFile(workspace, name) {
  return {
    /** Its text as it was written last; undefined when there is none. */
    read() {
      const [newest] = cacheFolders(workspace)
        .map((folder) => join(folder, name))
        .map((path) => ({ path, time: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -1 }))
        .sort((a, b) => b.time - a.time);
      return newest === undefined || newest.time < 0 ? undefined : readFileSync(newest.path, 'utf8');
    },

    /**
     * @param {string} text
     * @returns {Promise<void>}  never rejects
     */
    async write(text) {
      await writeToCache(workspace, (folder) => writeAtomically(join(folder, name), text)).catch(() => {});
    },
  };
}
