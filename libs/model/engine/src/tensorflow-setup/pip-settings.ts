import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const PUBLIC_INDEX = 'https://pypi.org/simple';

/**
 * The package index that pip would use here: PIP_INDEX_URL, then its configuration files, the user's before the
 * machine's, then the public one. Whoever has set pip up for a mirror need not do so twice.
 */
export function pipIndex(env: NodeJS.ProcessEnv): string {
  if (env['PIP_INDEX_URL']) return env['PIP_INDEX_URL'];
  for (const file of configurationFiles(env)) {
    const index = indexIn(file);
    if (index !== undefined) return index;
  }
  return PUBLIC_INDEX;
}

/** Strongest first. */
function configurationFiles(env: NodeJS.ProcessEnv): string[] {
  const home = env['HOME'] || homedir();
  const user = [
    join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'pip/pip.conf'),
    join(home, '.pip/pip.conf'),
    '/etc/pip.conf',
  ];
  return env['PIP_CONFIG_FILE'] ? [env['PIP_CONFIG_FILE'], ...user] : user;
}

/** `index-url` of the section `global`, of an INI file. */
function indexIn(file: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  let section = '';
  for (const line of text.split('\n')) {
    section = /^\s*\[(.+?)\]/.exec(line)?.[1] ?? section;
    const value = /^\s*index[-_]url\s*[=:]\s*(\S+)/.exec(line)?.[1];
    if (section === 'global' && value !== undefined) return value;
  }
  return undefined;
}
