import { readdir, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { digestJson, listTree } from '@retort/digest';
import type { Facts, PathInput } from '@retort/stage-kit';
import { gitLfsProblem } from '@retort/text-lines';
import { glob, isDynamicPattern } from 'tinyglobby';
import type { FileDigests } from './digest-memo.ts';
import type { InputSource } from './plan.ts';

/** A user's file, folder or glob, found and digested. */
export interface FoundPath {
  readonly source: Extract<InputSource, { kind: 'path' }>;
  /** Digest of the file itself, or of the `vocab.txt` in the folder. */
  readonly vocabulary?: string;
  /** What the stage that reads it could tell of it: see `PathInput`. */
  readonly facts?: Facts;
}

export interface PathProblem {
  readonly code: string;
  readonly message: string;
}

/**
 * Finds what an absolute path or glob names and digests it by content: the names below the folder and their bytes, the
 * same as `digestTree`. Where it lies and what a single file is called do not matter.
 */
export async function findPathInput(
  path: string,
  kind: PathInput['kind'],
  digests: FileDigests,
): Promise<FoundPath | PathProblem> {
  try {
    const found = await listFiles(path, kind);
    if ('code' in found) return found;
    const entries = await Promise.all(
      found.names.map(async (name) => ({ name, digest: await digests.digest(join(found.base, name)) })),
    );
    const files = found.names.map((name) => join(found.base, name));
    // Of a folder a stage reads some files only, and says itself which of those are pointers.
    const pointers = kind === 'folder' ? [] : await pointersAmong(files);
    if (pointers[0] !== undefined) return pointers[0];
    const vocabulary = entries.find(({ name }) => name === '' || name === 'vocab.txt')?.digest;
    return {
      source: { kind: 'path', path, files, digest: digestJson(entries) },
      ...(vocabulary !== undefined && { vocabulary }),
    };
  } catch (cause) {
    return unreadable(path, cause as NodeJS.ErrnoException);
  }
}

async function pointersAmong(files: readonly string[]): Promise<PathProblem[]> {
  const problems = await Promise.all(files.map(async (file) => ({ file, problem: await gitLfsProblem(file) })));
  return problems.flatMap(({ file, problem }) =>
    problem === undefined ? [] : [{ code: 'INPUT_GIT_LFS', message: `${file}: ${problem}` }],
  );
}

interface Listing {
  readonly base: string;
  /** Relative to `base`, with `/`, sorted; '' when `base` is the file itself. */
  readonly names: readonly string[];
}

async function listFiles(path: string, kind: PathInput['kind']): Promise<Listing | PathProblem> {
  const stats = await stat(path).catch((cause: NodeJS.ErrnoException) => cause);
  if (stats instanceof Error) {
    if (stats.code === 'ENOENT' && kind === 'files' && isDynamicPattern(path)) return listGlob(path);
    return unreadable(path, stats);
  }
  if (!stats.isFile() && !stats.isDirectory()) return notPlain(path);
  if (kind === 'file' && stats.isDirectory())
    return { code: 'INPUT_NOT_A_FILE', message: `Expected a file, got the folder ${path}.` };
  if (kind === 'folder' && !stats.isDirectory())
    return { code: 'INPUT_NOT_A_FOLDER', message: `Expected a folder, got the file ${path}.` };
  const strange = stats.isDirectory() ? await findStrangeEntry(path) : undefined;
  if (strange !== undefined) return notPlain(strange);
  const names = await listTree(path);
  return names.length > 0
    ? { base: path, names }
    : { code: 'INPUT_EMPTY', message: `The folder ${path} holds no files.` };
}

/** Reading a device or a pipe may never end, and the files behind a link to a folder would be left out without a word. */
async function findStrangeEntry(root: string): Promise<string | undefined> {
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() || entry.isDirectory()) continue;
    if (!entry.isSymbolicLink() || !(await isFile(path))) return path;
  }
  return undefined;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

function notPlain(path: string): PathProblem {
  const message = `${path} is neither a file nor a folder, nor a link to a file: it is a device, a pipe, or a link to a folder or to nothing. Put a file there, or take it away.`;
  return { code: 'INPUT_NOT_PLAIN', message };
}

async function listGlob(pattern: string): Promise<Listing | PathProblem> {
  const parts = pattern.split(sep);
  const first = parts.findIndex((part) => isDynamicPattern(part));
  const base = parts.slice(0, first).join(sep) || dirname(pattern);
  const names = await glob(parts.slice(first).join('/'), { cwd: base, onlyFiles: true, expandDirectories: false });
  if (names.length === 0) return { code: 'INPUT_EMPTY', message: `No file matches ${pattern}.` };
  // Only folders, and links to them and to nothing, match no pattern.
  for (const name of names) if (!(await isFile(join(base, name)))) return notPlain(join(base, name));
  return { base, names: names.sort() };
}

function unreadable(path: string, { code, message }: NodeJS.ErrnoException): PathProblem {
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return { code: 'INPUT_NOT_FOUND', message: `There is no file or folder ${path}.` };
  if (code === 'EACCES') return { code: 'INPUT_UNREADABLE', message: `${path} may not be read: permission denied.` };
  return { code: 'INPUT_UNREADABLE', message: `${path} cannot be read: ${message}` };
}
