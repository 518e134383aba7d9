import { withDefaults } from '@retort/pipeline-schema';
import { studentTrain } from '@retort/stage-student-train';
import type { StudentTrainConfig } from '../../src/config.generated.ts';

/** The settings as a pipeline would resolve them: the preset, then the schema's defaults. */
export function resolvedConfig(given: object, connected: readonly string[] = []): StudentTrainConfig {
  const completed = studentTrain.complete?.(given as Readonly<Record<string, unknown>>, connected);
  return withDefaults(studentTrain.configSchema as never, completed) as StudentTrainConfig;
}
