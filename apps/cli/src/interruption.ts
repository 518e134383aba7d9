import { isatty } from 'node:tty';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** Stop signals of one run. */
export interface Interruption {
  /** Aborted by the first signal: stages stop. */
  readonly signal: AbortSignal;
  /** Aborted by the second: stages are ended at once. */
  readonly killSignal: AbortSignal;
  /** Exit code for the signal that came first; undefined when none did. */
  readonly exitCode: () => ExitCode | undefined;
  readonly close: () => void;
}

/** After the second signal stages are dead within this time; whatever else the run still does, it ends then. */
const MILLISECONDS_TO_END = 2000;

/** A terminal sends Ctrl-C to the whole process group, and `npx` or `nx` pass it on: that is still one signal. */
const SAME_SIGNAL_MILLISECONDS = 500;

const CODES = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.hungUp } as const;

/**
 * Listens for SIGINT, SIGTERM and SIGHUP, and for the death of a parent that started this process with an IPC channel.
 * A terminal that closes is no reason to stop a run without one, as `nohup` starts it; Node takes back what `nohup` has
 * set, so that it has to be seen from the three standard streams. After the second signal this process has two seconds to say how it ended; the third ends it on the spot. Its stages end
 * with it.
 *
 * @param onInterrupt called at the first signal
 */
export function listenForInterruption(onInterrupt: () => void): Interruption {
  const stopping = new AbortController();
  const killing = new AbortController();
  let exitCode: ExitCode | undefined;
  let lastAt = Number.NEGATIVE_INFINITY;
  const stop = (code: ExitCode) => {
    const isSame = performance.now() - lastAt < SAME_SIGNAL_MILLISECONDS;
    lastAt = performance.now();
    if (isSame) return;
    if (killing.signal.aborted) process.exit(exitCode);
    if (stopping.signal.aborted) {
      setTimeout(() => process.exit(exitCode), MILLISECONDS_TO_END).unref();
      killing.abort();
    } else onInterrupt();
    exitCode ??= code;
    stopping.abort();
  };
  const hasTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  const listeners = Object.entries(CODES).map(([name, code]) => {
    const isIgnored = name === 'SIGHUP' && !hasTerminal;
    return [name, isIgnored ? () => {} : () => stop(code)] as const;
  });
  const orphaned = () => stop(EXIT.terminated);
  for (const [name, listener] of listeners) process.on(name, listener);
  process.on('disconnect', orphaned);
  process.channel?.unref();
  return {
    signal: stopping.signal,
    killSignal: killing.signal,
    exitCode: () => exitCode,
    close: () => {
      for (const [name, listener] of listeners) process.off(name, listener);
      process.off('disconnect', orphaned);
    },
  };
}
