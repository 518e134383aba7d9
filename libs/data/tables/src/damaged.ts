import { RetortError } from '@retort/foundation/diagnostics';

/** `ARROW_DAMAGED`: the file is not, or no longer, a complete Arrow file. Names the file and what was seen. */
export function damaged(path: string, seen: string, cause?: unknown): RetortError {
  const message = `${path} is not a complete Arrow IPC file: ${seen}. Run the stage that wrote it again with --from <stage>.`;
  return new RetortError('ARROW_DAMAGED', message, { cause });
}

/** `ARROW_UNEXPECTED`: a complete Arrow file, but another kind of table than expected. */
export function unexpected(path: string, seen: string): RetortError {
  return new RetortError('ARROW_UNEXPECTED', `${path}: ${seen}. Check which output this input is connected to.`);
}
