import { type Checkpoints, withoutCheckpoints } from './checkpoints.ts';
import { StageInterrupted } from './interrupted.ts';
import type { Progress, Work } from './work.ts';

/** Work in a test, with what was said through it. */
export interface TestWork extends Work {
  readonly progresses: readonly Progress[];
  readonly logs: readonly string[];
  readonly warnings: readonly string[];
  /** From now on `throwIfInterrupted` throws. */
  readonly interrupt: () => void;
}

/** @param checkpointsOf makes the checkpoints; without it nothing is saved */
export function createTestWork(
  checkpointsOf: (work: Pick<Work, 'throwIfInterrupted' | 'warn'>) => Checkpoints = ({ throwIfInterrupted }) =>
    withoutCheckpoints(throwIfInterrupted),
): TestWork {
  const progresses: Progress[] = [];
  const logs: string[] = [];
  const warnings: string[] = [];
  let isInterrupted = false;
  const throwIfInterrupted = () => {
    if (isInterrupted) throw new StageInterrupted();
  };
  const warn = (message: string) => warnings.push(message);
  return {
    throwIfInterrupted,
    checkpoints: checkpointsOf({ throwIfInterrupted, warn }),
    progress: (progress) => progresses.push(progress),
    log: (message) => logs.push(message),
    warn,
    progresses,
    logs,
    warnings,
    interrupt: () => {
      isInterrupted = true;
    },
  };
}
