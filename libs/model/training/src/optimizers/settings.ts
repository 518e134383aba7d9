import { choiceSchema, extensionPoint, type SettingsOf } from '@retort/foundation/extensions';
import { linear, type ScheduleSettings, schedules } from '../schedule.ts';
import { adamw, bertAdam, plainAdam } from './adam.ts';
import type { OptimizerDefinition } from './definition.ts';

export const optimizers = extensionPoint<OptimizerDefinition>('optimizers', [adamw, bertAdam, plainAdam]);

/** What every optimizer has, beside its own settings. */
const shared = {
  required: ['learningRate'],
  properties: {
    learningRate: {
      description: 'Highest learning rate, above 0. The schedule scales it.',
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
    },
    maxGradientNorm: {
      description: 'Gradients are scaled down to this norm. 0 turns clipping off.',
      type: 'number',
      minimum: 0,
      default: 1,
    },
    clipping: {
      description:
        'Which norm maxGradientNorm limits. global: that of all parameters together. perTensor: that of each parameter, as in the published TinyBERT code.',
      enum: ['global', 'perTensor'],
      default: 'global',
    },
  },
} as const;

/** As far as all optimizers have them; `kind` names one, whose own settings lie beside these. */
export type OptimizerSettings = SettingsOf<typeof shared> & { readonly kind: string };

export interface LearningSettings extends OptimizerSettings {
  readonly schedule: ScheduleSettings;
}

export const DEFAULT_OPTIMIZER = adamw.name;

/** Schemas of the settings `optimizer` and, within it, `schedule`, with what plug-ins bring; definitions of a stage's schema. */
export function learningDefinitions(): Readonly<Record<'optimizer' | 'schedule', object>> {
  const optimizer = choiceSchema(optimizers.all(), 'How gradients update the weights.', {
    preset: DEFAULT_OPTIMIZER,
    shared: { ...shared, properties: { ...shared.properties, schedule: { $ref: '#/$defs/schedule', default: {} } } },
  });
  return {
    optimizer: { ...optimizer, $comment: "TypeScript: import('@retort/training').LearningSettings" },
    schedule: choiceSchema(schedules.all(), 'Learning rate over the steps.', { preset: linear.name }),
  };
}

/** For `size` of a definition: settings that decide how large a training is. */
export function trainingSize<
  Config extends {
    readonly optimizer: LearningSettings;
    readonly epochs: number;
    readonly validation?: { readonly keep: string };
  },
>({ epochs: _epochs, optimizer, validation, ...config }: Config): unknown {
  return { ...config, optimizer: optimizer.kind, ...(validation && { validation: validation.keep }) };
}

/** What a stage that trains names in its settings; for `extensions` of its definition. */
export function trainingExtensions({ optimizer }: { readonly optimizer: LearningSettings }) {
  return { optimizers: [optimizer.kind], schedules: [optimizer.schedule.kind] };
}
