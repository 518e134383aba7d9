import { digestJson } from '@retort/foundation/digest';
import { byInput, inputEntries } from '@retort/foundation/inputs';
import { type Checkpoints, FolderCheckpoints, withoutCheckpoints } from '@retort/foundation/work';
import type { StageTask } from './protocol.ts';

/**
 * The checkpoints of one task.
 *
 * @param options.codeDigest digest of the code that runs, where it is known
 */
export function checkpointsOf(
  task: StageTask,
  options: { codeDigest?: string; throwIfInterrupted: () => void; warn: (message: string) => void },
): Checkpoints {
  const { throwIfInterrupted, warn, codeDigest } = options;
  if (task.checkpointFolder === undefined) return withoutCheckpoints(throwIfInterrupted);
  return new FolderCheckpoints({
    folder: task.checkpointFolder,
    identity: identityOf(task, codeDigest),
    everySeconds: task.checkpointEverySeconds,
    everySteps: task.checkpointEverySteps,
    throwIfInterrupted,
    warn,
  });
}

/** Everything that decides the stage's bytes: settings, seed, engine, inputs, code. Never paths or threads. */
function identityOf({ config, seed, engine, inputs, outputs }: StageTask, codeDigest: string | undefined): string {
  const digests = byInput(inputEntries(inputs).map(([name, { digest }]) => [name, digest]));
  return digestJson({ config, seed, engine, inputs: digests, outputs: Object.keys(outputs).sort(), code: codeDigest });
}
