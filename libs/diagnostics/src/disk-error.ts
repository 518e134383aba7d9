import { RetortError } from './errors.ts';

const REASONS: Readonly<Record<string, { code: string; text: string }>> = {
  ENOSPC: { code: 'DISK_FULL', text: 'The disk is full. Free some space, or put the store elsewhere with --store.' },
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
  ENOTDIR: { code: 'DISK_NOT_A_FOLDER', text: 'A part of this path is a file, not a folder.' },
  EMFILE: {
    code: 'TOO_MANY_OPEN_FILES',
    text: 'Too many files are open. Raise the limit (ulimit -n), or lower --jobs.',
  },
};

/**
 * The error of a disk that is full, read-only or not ours as one clear RetortError; any other error as it is.
 *
 * @param doing  what was being done, for the message: "publish an artifact"
 */
export function diskError(error: unknown, doing: string): unknown {
  const { code = '', path } = (error ?? {}) as { code?: string; path?: string };
  const reason = error instanceof Error && !(error instanceof RetortError) ? REASONS[code] : undefined;
  if (reason === undefined) return error;
  return new RetortError(reason.code, `Could not ${doing}${path ? ` at ${path}` : ''}. ${reason.text}`, {
    cause: error,
  });
}
