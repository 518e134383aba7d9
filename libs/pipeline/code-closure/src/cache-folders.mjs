import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { makeFolder } from '@retort/foundation/diagnostics/make-folder';
import { CodeError } from './code-error.mjs';
import { userCacheFolder } from './user-cache-folder.mjs';

/** @param {string} workspace */
function ownFolder(workspace) {
  return join(workspace, 'node_modules', '.cache', 'retort');
}

/** One for each user, since those of a team may share the folder of their caches. @param {string} workspace */
function folderForUser(workspace) {
  const identity = JSON.stringify([process.getuid?.(), workspace]);
  const name = createHash('sha256').update(identity).digest('hex').slice(0, 16);
  return join(userCacheFolder(), `workspace-${name}`);
}

/** @type {Map<string, string>} */
const temporaryFolders = new Map();

/**
 * Where memos and bundles of a workspace are looked for, the best place first: in its `node_modules`, then with the user's
 * caches, for a workspace that may not be written.
 *
 * @param {string} workspace  its real path
 * @returns {string[]}
 */
export function cacheFolders(workspace) {
  const forUser = folderForUser(workspace);
  const isReady = isOwn(forUser) && linkTarget(join(forUser, 'node_modules')) === packagesFolder(workspace);
  const temporary = temporaryFolders.get(workspace);
  return [ownFolder(workspace), ...(isReady ? [forUser] : []), ...(temporary === undefined ? [] : [temporary])];
}

/**
 * Hands the first folder of a workspace's cache that can be written to `write`. Where none can, a temporary one that goes
 * with this process.
 *
 * @template T
 * @param {string} workspace  its real path
 * @param {(folder: string) => Promise<T>} write
 * @returns {Promise<T>}
 * @throws {CodeError} CODE_CACHE_UNWRITABLE
 */
export async function writeToCache(workspace, write) {
  const reasons = [];
  for (const folderFor of [ownFolder, makeFolderForUser, makeTemporaryFolder]) {
    try {
      return await write(await folderFor(workspace));
    } catch (error) {
      if (!isDiskError(error)) throw error;
      reasons.push(/** @type {Error} */ (error).message);
    }
  }
  throw new CodeError(
    'CODE_CACHE_UNWRITABLE',
    `There is no folder for the bundled code: ${reasons.join('; ')}. Set RETORT_CACHE to a folder that you can write to.`,
  );
}

/**
 * From beneath it, Node finds the workspace's packages as if the bundle were in the workspace.
 *
 * @param {string} workspace
 */
async function makeFolderForUser(workspace) {
  const folder = folderForUser(workspace);
  await makeFolder(folder, 0o700);
  if (!isOwn(folder)) {
    const message = `${folder} belongs to another user, or others can write to it`;
    throw Object.assign(new Error(message), { code: 'EPERM' });
  }
  linkPackages(workspace, folder);
  return folder;
}

/** Where npm puts what a published package depends on: beside it. @param {string} workspace */
function packagesFolder(workspace) {
  const above = workspace.slice(0, workspace.lastIndexOf(`${sep}node_modules${sep}`) + 1);
  return join(above === '' ? workspace : above, 'node_modules');
}

/** @param {string} workspace */
function makeTemporaryFolder(workspace) {
  const known = temporaryFolders.get(workspace);
  if (known !== undefined) return known;
  const folder = mkdtempSync(join(tmpdir(), 'retort-code-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  linkPackages(workspace, folder);
  temporaryFolders.set(workspace, folder);
  return folder;
}

/**
 * @param {string} workspace
 * @param {string} folder
 */
function linkPackages(workspace, folder) {
  const [link, target] = [join(folder, 'node_modules'), packagesFolder(workspace)];
  if (linkTarget(link) === target) return;
  rmSync(link, { recursive: true, force: true });
  try {
    symlinkSync(target, link, 'junction');
  } catch (error) {
    // Another process was faster.
    if (linkTarget(link) !== target) throw error;
  }
}

/** @param {string} path */
function linkTarget(path) {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/**
 * What is run from a folder runs as this user: nobody else may have made it, or write to it.
 *
 * @param {string} folder
 */
function isOwn(folder) {
  try {
    const stats = lstatSync(folder);
    const user = process.getuid?.();
    return stats.isDirectory() && (user === undefined || (stats.uid === user && (stats.mode & 0o022) === 0));
  } catch {
    return false;
  }
}

const DISK_ERRORS = [
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOSPC',
  'EDQUOT',
  'ENOENT',
  'ENOTDIR',
  'EEXIST',
  'EISDIR',
  'ELOOP',
  'NO_FOLDER_POSSIBLE',
];

/** @param {unknown} error */
function isDiskError(error) {
  return DISK_ERRORS.includes(/** @type {NodeJS.ErrnoException} */ (error)?.code ?? '');
}
