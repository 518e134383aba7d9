import { type Extension, type ExtensionSchema, extensionPoint, type SettingsOf } from '@retort/foundation/extensions';

/** A factor on the learning rate, step by step. */
export interface ScheduleDefinition<Schema extends ExtensionSchema = ExtensionSchema> extends Extension {
  readonly schema?: Schema;
  /**
   * 0 or more. Steps count from 0, so that with a warm-up the first update has factor 0 and changes nothing; so it is in the
   * reference code, too.
   */
  readonly factorAt: (at: ScheduleTime, settings: SettingsOf<Schema>) => number;
}

interface ScheduleTime {
  readonly step: number;
  readonly totalSteps: number;
}

/** Types the settings by their schema; erases them, so that all schedules fit one list. */
export function defineSchedule<const Schema extends ExtensionSchema>(
  schedule: ScheduleDefinition<Schema>,
): ScheduleDefinition {
  return schedule as unknown as ScheduleDefinition;
}

const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    warmupProportion: {
      description: 'Fraction of all steps in which the rate rises from 0, from 0 to 1.',
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.1,
    },
  },
} as const;

/** @see `warmup_linear` in TinyBERT/transformer/optimization.py at 0598f02 */
export const linear = defineSchedule({
  name: 'linear',
  description: 'After the warm-up, falls to 0 at the last step.',
  schema,
  factorAt: ({ step, totalSteps }, { warmupProportion }) => {
    const warmup = warmupProportion * totalSteps;
    if (step < warmup) return step / warmup;
    return step >= totalSteps ? 0 : (totalSteps - step) / (totalSteps - warmup);
  },
});

export const constant = defineSchedule({
  name: 'constant',
  description: 'Stays constant after the warm-up.',
  schema,
  factorAt: ({ step, totalSteps }, { warmupProportion }) => {
    const warmup = warmupProportion * totalSteps;
    return step < warmup ? step / warmup : 1;
  },
});

export const schedules = extensionPoint<ScheduleDefinition>('schedules', [linear, constant]);

/** `kind` names one, whose own settings lie beside it. */
export interface ScheduleSettings {
  readonly kind: string;
}

export function learningRateSchedule(settings: ScheduleSettings): (step: number, totalSteps: number) => number {
  const { factorAt } = schedules.get(settings.kind);
  return (step, totalSteps) => factorAt({ step, totalSteps }, settings);
}
