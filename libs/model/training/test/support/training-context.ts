import type { EngineName } from '@retort/engine/names';
import { digestJson } from '@retort/foundation/digest';
import { FolderCheckpoints, withoutCheckpoints } from '@retort/foundation/work';
import { createTestWork, type TestWork } from '@retort/foundation/work/testing';
import type { TrainingContext, TrainingSettings } from '@retort/training';

interface Options {
  readonly config: TrainingSettings;
  /** 42 by default. */
  readonly seed?: number;
  /** `onnx` by default. */
  readonly engine?: EngineName;
  readonly threads?: number;
  /** An existing folder; without it nothing is saved. A second context on it resumes. */
  readonly checkpointFolder?: string;
  readonly checkpointEverySteps?: number;
}

/** What training sees where there is no pipeline. Checkpoints are due by steps alone. */
export function trainingContext({
  config,
  seed = 42,
  engine = 'onnx',
  threads = 1,
  checkpointFolder: folder,
  checkpointEverySteps: everySteps,
}: Options): TrainingContext & TestWork {
  const work = createTestWork((asked) =>
    folder === undefined
      ? withoutCheckpoints(asked.throwIfInterrupted)
      : new FolderCheckpoints({
          folder,
          identity: digestJson({ config, seed, engine }),
          everySeconds: 1000,
          everySteps,
          ...asked,
        }),
  );
  return { ...work, config, seed, engine, threads };
}
