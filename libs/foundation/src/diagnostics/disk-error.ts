import { DISK_REASONS } from './disk-reasons.mjs';
import { RetortError } from './errors.ts';

/**
 * For the outermost catch of a program: any error of the operating system as a clear one, since it is no mistake of the
 * program; any other error as it is.
 */
export function systemError(error: unknown, doing: string): unknown {
  const clear = diskError(error, doing);
  const { syscall, message } = (error ?? {}) as NodeJS.ErrnoException;
  if (clear !== error || syscall === undefined || error instanceof RetortError) return clear;
  return new RetortError('SYSTEM_ERROR', `Could not ${doing}. The system says: ${message}.`, { cause: error });
}

/**
 * The error of a disk that is full, read-only or not ours as one clear RetortError; any other error as it is.
 *
 * @param doing  what was being done, for the message: "publish an artifact"
 */
export function diskError(error: unknown, doing: string): unknown {
  const { code = '', path } = (error ?? {}) as { code?: string; path?: string };
  const reason = error instanceof Error && !(error instanceof RetortError) ? DISK_REASONS[code] : undefined;
  if (reason === undefined) return error;
  return new RetortError(reason.code, `Could not ${doing}${path ? ` at ${path}` : ''}. ${reason.text}`, {
    cause: error,
  });
}
