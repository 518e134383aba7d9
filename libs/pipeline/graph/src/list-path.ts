import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { PathInput } from '@retort/plugin-kit';
import { pointerBehind } from '@retort/texts/lines';
import { EVERYTHING, isPattern, type PathPattern, readPattern, splitPattern } from './path-pattern.ts';

export interface PathProblem {
  readonly code: string;
  readonly message: string;
}

/** The files that a path or a glob names. */
export interface Listing {
  /** Folder that the names count from, or the file itself. */
  readonly root: string;
  /** Relative to `root`, with `/`, sorted; '' when `root` is the file itself. */
  readonly names: readonly string[];
}

export interface ListOptions {
  /** Root of the store in use, which need not be there yet: nothing in it may be read as data. */
  readonly store?: string | undefined;
}

/**
 * Lists what an absolute path or glob names, and opens nothing. A folder is what the glob `**` under it is: everything that
 * is not hidden. What is no plain file, or cannot be named as text, is a problem and never left out.
 *
 * @throws NodeJS.ErrnoException where the file system refuses to answer
 */
export async function listPath(
  path: string,
  kind: PathInput['kind'],
  { store }: ListOptions = {},
): Promise<Listing | PathProblem> {
  const walk = new Walk(store === undefined ? undefined : await realPathOf(store));
  const stats = await stat(path).catch((cause: NodeJS.ErrnoException) => cause);
  if (stats instanceof Error) {
    if (await isLink(path)) return notPlain(path);
    // A long list in braces is a name that is too long.
    if (kind !== 'files' || !['ENOENT', 'ENAMETOOLONG'].includes(stats.code ?? '')) throw stats;
    const { folder, pattern } = await splitPattern(path);
    if (!isPattern(pattern)) throw stats;
    return walk.list(folder, pattern, { code: 'INPUT_EMPTY', message: `No file matches ${path}.${hint(path)}` });
  }
  if (kind === 'file' && stats.isDirectory())
    return { code: 'INPUT_NOT_A_FILE', message: `Expected a file, got the folder ${path}.` };
  if (kind === 'folder' && stats.isFile())
    return { code: 'INPUT_NOT_A_FOLDER', message: `Expected a folder, got the file ${path}.` };
  if (stats.isFile()) return (await walk.findOwnFile(path)) ?? { root: path, names: [''] };
  if (!stats.isDirectory()) return notPlain(path);
  const empty = `The folder ${path} has no files. Hidden files, such as .DS_Store, do not count.`;
  return walk.list(path, EVERYTHING, { code: 'INPUT_EMPTY', message: empty });
}

/** One listing. It ends at the first problem. */
class Walk {
  readonly #store: string | undefined;
  readonly #names: string[] = [];

  /** @param store  its real path, without links */
  constructor(store: string | undefined) {
    this.#store = store;
  }

  async list(root: string, pattern: string, empty: PathProblem): Promise<Listing | PathProblem> {
    const takes = readPattern(pattern);
    const problem = (await this.#findStore(root, '', takes)) ?? (await this.#visit(root, '', takes));
    if (problem !== undefined) return problem;
    return this.#names.length === 0 ? empty : { root, names: this.#names.sort() };
  }

  /** @returns what is wrong with a file that may be a link */
  async findOwnFile(path: string): Promise<PathProblem | undefined> {
    if (this.#store === undefined || !isInPlace(await realpath(path), this.#store)) return undefined;
    return inStore(path, this.#store);
  }

  async #visit(root: string, folder: string, takes: PathPattern): Promise<PathProblem | undefined> {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true, encoding: 'buffer' })) {
      const last = entry.name.toString('utf8');
      const name = folder === '' ? last : `${folder}/${last}`;
      const path = join(root, folder, last);
      const isLink = entry.isSymbolicLink();
      const found = isLink ? await stat(path).catch(() => undefined) : entry;
      const entered = found?.isDirectory() ? takes.entersFolder(name) : undefined;
      if (entered === 'no' || (entered === undefined && !takes.takesFile(name))) continue;
      if (!Buffer.from(last, 'utf8').equals(entry.name)) return notText(path);
      // What lies behind a link is listed where the pattern has a part for it: then it can be no circle.
      if (entered === undefined ? !found?.isFile() : isLink && entered !== 'expected') return notPlain(path);
      const problem = await this.#take(root, name, { takes, isLink, isFolder: entered !== undefined });
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  async #take(
    root: string,
    name: string,
    { takes, isLink, isFolder }: { takes: PathPattern; isLink: boolean; isFolder: boolean },
  ): Promise<PathProblem | undefined> {
    const path = join(root, name);
    if (isFolder)
      return (isLink ? await this.#findStore(root, name, takes) : undefined) ?? this.#visit(root, name, takes);
    const problem = isLink ? await this.findOwnFile(path) : undefined;
    this.#names.push(name);
    return problem;
  }

  /** Whether the store lies in a folder of the input, where it would be read, or the folder in the store. */
  async #findStore(root: string, name: string, takes: PathPattern): Promise<PathProblem | undefined> {
    const [store, path] = [this.#store, join(root, name)];
    if (store === undefined) return undefined;
    const real = await realpath(path);
    if (isInPlace(real, store)) return inStore(path, store);
    if (!isBelow(store, real)) return undefined;
    const parts = [name, ...relative(real, store).split(sep), FOLDER_OF_STORE].filter((part) => part !== '');
    // A whole folder is no place for a store, though a hidden one would not be read.
    const isRead =
      takes.isEverything || parts.every((_, at) => takes.entersFolder(parts.slice(0, at + 1).join('/')) !== 'no');
    return isRead ? holdsStore(path, store) : undefined;
  }
}

/** A pattern that takes nothing of the folders in a store takes nothing of the store. */
const FOLDER_OF_STORE = 'artifacts';

/** An artifact may be named: it never changes. Everything else in a store comes and goes. */
function isInPlace(path: string, store: string): boolean {
  return isBelow(path, store) && !/^artifacts[\\/][0-9a-f]{2}[\\/][0-9a-f]{64}([\\/]|$)/.test(relative(store, path));
}

/** Whether a path is a folder, or lies below it. */
export function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

/** Of a path that need not be there: that of the folder above it that is. */
async function realPathOf(path: string): Promise<string> {
  const parent = dirname(path);
  return realpath(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' || parent === path) return path;
    return join(await realPathOf(parent), basename(path));
  });
}

function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (stats) => stats.isSymbolicLink(),
    () => false,
  );
}

async function notPlain(path: string): Promise<PathProblem> {
  const pointer = await pointerBehind(path);
  if (pointer !== undefined) return { ...pointer, message: `${path}: ${pointer.message}` };
  const message = `${path} is neither a file nor a folder, nor a link to a file: it is a device, a pipe, a broken link, or a link to a folder. Replace it with a file, or remove it.`;
  return { code: 'INPUT_NOT_PLAIN', message };
}

function notText(path: string): PathProblem {
  const message = `The name of ${path} is not UTF-8, so it cannot be recorded. Invalid bytes are shown as \ufffd. Rename the file.`;
  return { code: 'INPUT_BAD_NAME', message };
}

function holdsStore(path: string, store: string): PathProblem {
  const message = `The store ${store} is inside this input, ${path}, and its results must not be read as data. Put the store elsewhere with --store, or move the data to its own folder.`;
  return { code: 'INPUT_HOLDS_STORE', message };
}

function inStore(path: string, store: string): PathProblem {
  const message = `${path} is inside the store ${store}, where files can disappear. Move it out of the store, or connect the stage that made it.`;
  return { code: 'INPUT_IN_STORE', message };
}

/** People who write Windows' separator in a pattern, or in a path, on a system where it is a letter. */
export function hint(path: string): string {
  return sep === '/' && path.includes('\\') ? ' Between folders write "/"; a "\\" belongs to the name.' : '';
}
