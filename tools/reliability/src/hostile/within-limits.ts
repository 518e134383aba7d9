import { RetortError } from '@retort/foundation/diagnostics';

/** What reading a file may cost that was made to do harm. On a machine with other work to do it has taken a tenth of this. */
export interface Limits {
  readonly seconds: number;
  readonly megabytes: number;
}

/**
 * Reads something hostile. A refusal with one of our errors is as good as a result.
 *
 * @returns what is wrong: another error, or more time or memory than allowed; undefined when all is well
 */
export async function withinLimits(read: () => Promise<unknown>, limits: Limits): Promise<string | undefined> {
  const before = process.memoryUsage().rss;
  const startedAt = performance.now();
  try {
    await read();
  } catch (error) {
    if (!(error instanceof RetortError)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const megabytes = (process.memoryUsage().rss - before) / 2 ** 20;
  if (seconds > limits.seconds) return `it took ${seconds.toFixed(1)} s`;
  return megabytes > limits.megabytes ? `it took ${megabytes.toFixed(0)} MB` : undefined;
}
