interface Closable {
  readonly close: () => Promise<number>;
  readonly abort: () => Promise<void>;
}

/**
 * Runs `write`, then finishes the files; when it throws, lets go of them unfinished, so that no file stays open.
 *
 * @returns rows of each file, in order
 */
export async function finish(writers: readonly Closable[], write: () => Promise<void>): Promise<number[]> {
  try {
    await write();
  } catch (error) {
    await Promise.all(writers.map((writer) => writer.abort()));
    throw error;
  }
  return Promise.all(writers.map((writer) => writer.close()));
}
