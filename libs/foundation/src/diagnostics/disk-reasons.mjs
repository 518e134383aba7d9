/**
 * What an error of the operating system means for a user, by its code. Plain JavaScript, for `@retort/code-closure`, which
 * runs before anything can load TypeScript.
 *
 * @type {Readonly<Record<string, { readonly code: string, readonly text: string } | undefined>>}
 */
export const DISK_REASONS = {
  ENOSPC: {
    code: 'DISK_FULL',
    text: 'The disk is full. Free some space (df -h) or file entries (df -i), or put the store elsewhere with --store.',
  },
  EFBIG: {
    code: 'FILE_TOO_LARGE',
    text: 'A file has reached its size limit. Raise the limit (ulimit -f), or use a file system that allows larger files.',
  },
  EDQUOT: {
    code: 'DISK_FULL',
    text: 'The disk quota is used up. Free some space, or put the store elsewhere with --store.',
  },
  EROFS: { code: 'DISK_READ_ONLY', text: 'The file system is read-only. Put the store elsewhere with --store.' },
  EACCES: {
    code: 'DISK_NO_PERMISSION',
    text: 'Permission denied. Check who owns the folder, or choose another with --store.',
  },
  EPERM: {
    code: 'DISK_NO_PERMISSION',
    text: 'Operation not permitted. Check who owns the folder, or choose another with --store.',
  },
  ENOTDIR: { code: 'DISK_NOT_A_FOLDER', text: 'Part of this path is a file, not a folder.' },
  EEXIST: { code: 'DISK_NOT_A_FOLDER', text: 'Expected a folder, got a file or a broken link.' },
  NO_FOLDER_POSSIBLE: {
    code: 'DISK_NO_FOLDER',
    text: 'No folder can be created there. Check that its disk or network drive is mounted, or choose another with --store.',
  },
  ENFILE: {
    code: 'TOO_MANY_OPEN_FILES',
    text: 'The system has too many files open. Close programs, or raise its limit.',
  },
  EIO: {
    code: 'DISK_FAILS',
    text: 'The disk or network drive does not respond. Check it, then run the command again.',
  },
  EMFILE: {
    code: 'TOO_MANY_OPEN_FILES',
    text: 'Too many files are open. Raise the limit (ulimit -n), or lower --jobs.',
  },
};
