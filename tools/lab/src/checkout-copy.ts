import {
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

const FILES = ['package.json', 'package-lock.json'];
const SOURCES = ['apps', 'libs', 'tools', 'pipelines', 'schemas'];
const LEFT_OUT = new Set(['node_modules', 'dist', '.retort', '.nx']);

export interface CheckoutCopy {
  /** Only these; everything that the command needs when left out. */
  readonly sources?: readonly string[];
  /** Outside packages; all that are installed when left out. */
  readonly packages?: readonly string[];
}

/**
 * A second checkout with the same code, which may be edited and whose cache may be emptied. Files of npm packages are hard links, or
 * copies where the target is on another disk: bundling looks at where a package really lies.
 *
 * @returns the real path of the copy
 */
export function copyCheckout(
  workspace: string,
  target: string,
  { sources = SOURCES, packages }: CheckoutCopy = {},
): string {
  mkdirSync(target, { recursive: true });
  for (const name of [...FILES, ...sources])
    cpSync(join(workspace, name), join(target, name), {
      recursive: true,
      filter: (path) => !LEFT_OUT.has(basename(path)),
    });
  const [from, to] = [join(workspace, 'node_modules'), join(target, 'node_modules')];
  if (packages === undefined) linkTree(from, to);
  else for (const name of ['@retort', ...packages]) linkTree(join(from, name), join(to, name));
  return realpathSync(target);
}

/** Symbolic links are made again as they are, where they lead somewhere: those to our own packages are relative and lead to the copies. */
function linkTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.name === '.cache') continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkTree(source, target);
    else if (entry.isSymbolicLink()) relink(readlinkSync(source), target);
    else linkFile(source, target);
  }
}

function relink(destination: string, path: string): void {
  if (existsSync(join(dirname(path), destination))) symlinkSync(destination, path);
}

function linkFile(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    copyFileSync(source, target);
  }
}
