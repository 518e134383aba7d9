import { learningDefinitions } from './optimizers/settings.ts';
import settings from './settings.schema.json' with { type: 'json' };
import { validationDefinition } from './validation/definition.ts';

export { defineOptimizer, type OptimizerDefinition, type ParameterStep } from './optimizers/definition.ts';
export { DEFAULT_OPTIMIZER, optimizers, trainingExtensions, trainingSize } from './optimizers/settings.ts';
export { defineSchedule, type ScheduleDefinition, schedules } from './schedule.ts';
export {
  completeValidation,
  validationExtensions,
  validationOutputs,
  validationProblems,
} from './validation/definition.ts';

type Name = keyof typeof settings.$defs | 'optimizer';

/** The shared definitions themselves, for a stage that extends one. */
export const trainingDefinitions = settings.$defs;

/** A stage's own schema with the shared definitions that it refers to. Call it when all plug-ins are there. */
export function withTrainingSettings(
  schema: Readonly<Record<string, unknown>>,
  names: readonly Name[],
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const definitions = names.map((name) => {
    if (name === 'optimizer') return learningDefinitions();
    return { [name]: name === 'validation' ? validationDefinition() : settings.$defs[name] };
  });
  return { ...schema, $defs: { ...Object.assign({}, ...definitions), ...more } };
}
