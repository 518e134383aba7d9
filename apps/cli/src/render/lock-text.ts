import type { LockDifference } from '@retort/code-closure';
import { firstFew, printable } from '@retort/foundation/diagnostics';
import type { Colors } from './colors.ts';

const SHOWN_PACKAGES = 3;

/** That other packages are installed than are locked, as after `git pull` without `npm ci`; undefined when none are. */
export function lockText(differences: readonly LockDifference[], colors: Colors): string | undefined {
  if (differences.length === 0) return undefined;
  const shown = firstFew(differences.map(lockDifferenceText), SHOWN_PACKAGES);
  return `${colors.yellow('node_modules differs from package-lock.json:')} ${shown}. Keys record the installed versions. To install the locked ones: npm ci`;
}

export function lockDifferenceText({ name, locked, installed }: LockDifference): string {
  return printable(`${name} is ${installed ?? 'missing'} instead of ${locked}`);
}
