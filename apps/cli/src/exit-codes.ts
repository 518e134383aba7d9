import { InvalidInputError, StoreDamagedError, UsageError } from '@retort/foundation/diagnostics';

/** A contract: scripts and CI lean on these. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  damaged: 3,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError || error instanceof InvalidInputError) return EXIT.usage;
  if (error instanceof StoreDamagedError) return EXIT.damaged;
  return EXIT.failed;
}
