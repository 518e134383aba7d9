import { RetortError } from '@retort/foundation/diagnostics';

/** `ARROW_DAMAGED`: the file is not, or no longer, a whole Arrow file. Names the file and what was seen. */
export function damaged(path: string, seen: string, cause?: unknown): RetortError {
  const message = `${path} is not a whole Arrow IPC file: ${seen}. Delete the artifact and run the stage that wrote it again.`;
  return new RetortError('ARROW_DAMAGED', message, { cause });
}

/** `ARROW_UNEXPECTED`: a whole Arrow file, but not of the kind that the reader wants. */
export function unexpected(path: string, seen: string): RetortError {
  return new RetortError('ARROW_UNEXPECTED', `${path}: ${seen}. Check which output is connected to this input.`);
}
