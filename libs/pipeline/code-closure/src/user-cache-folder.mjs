import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * `RETORT_CACHE`, then `retort` in the user's cache folder: what is kept for all checkouts.
 *
 * @param {NodeJS.ProcessEnv} [env]
 */
export function userCacheFolder(env = process.env) {
  if (env['RETORT_CACHE']) return resolve(env['RETORT_CACHE']);
  return join(env['XDG_CACHE_HOME'] || join(homeFolder(), '.cache'), 'retort');
}

/** A user whom the system does not know has none; nothing can be written at the place that is named instead. */
function homeFolder() {
  try {
    return homedir();
  } catch {
    return '/nonexistent';
  }
}
