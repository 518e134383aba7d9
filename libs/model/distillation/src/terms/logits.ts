import { klDivergence as divergence } from '../kl-divergence.ts';
import type { LogitsLossInput } from '../logits-input.ts';
import { logitsMeanSquaredError } from '../logits-mean-squared-error.ts';
import { finalValue, type ScheduledValue } from '../loss-block/value-schedule.ts';
import { sigmoidCrossEntropy as sigmoids } from '../sigmoid-cross-entropy.ts';
import { logits as logitsSignal } from '../signals/index.ts';
import { softCrossEntropy as crossEntropy } from '../soft-cross-entropy.ts';
import { scheduledNumber } from './scheduled-number.ts';
import { defineLossTerm, type LossKind } from './term.ts';

const softCrossEntropy: LossKind<LogitsLossInput> = {
  term: 'logits',
  name: 'softCrossEntropy',
  description:
    "Cross-entropy with the teacher's probabilities. Same gradient as klDivergence, but it does not reach 0.",
  tasks: ['classes'],
  loss: crossEntropy,
};

const klDivergence: LossKind<LogitsLossInput> = {
  term: 'logits',
  name: 'klDivergence',
  description: "KL divergence from the teacher's probabilities. It is 0 where both agree.",
  tasks: ['classes'],
  loss: divergence,
};

const sigmoidCrossEntropy: LossKind<LogitsLossInput> = {
  term: 'logits',
  name: 'sigmoidCrossEntropy',
  description: 'Binary cross-entropy of each label, for tasks with several labels per row.',
  tasks: ['classes', 'multi-label'],
  loss: sigmoids,
};

const meanSquaredError: LossKind<LogitsLossInput> = {
  term: 'logits',
  name: 'meanSquaredError',
  description: 'Mean squared error of the logits, and the only kind for regression.',
  loss: logitsMeanSquaredError,
};

export const logits = defineLossTerm({
  name: 'logits',
  description: "The teacher's answer as a target for the student's logits.",
  schema: {
    properties: {
      temperature: {
        ...scheduledNumber({
          name: 'Temperature',
          description:
            'Divides the logits of both models, above 0: a number, or a schedule over the steps. Higher values show more of what the teacher knows about wrong classes.',
          exclusiveMinimum: 0,
        }),
        default: 1,
      },
      reduction: {
        description:
          'batchMean: sums over classes and averages over rows. elementMean: averages over both, as in the published TinyBERT code, and is smaller by the number of classes.',
        enum: ['batchMean', 'elementMean'],
        default: 'batchMean',
      },
      scaleByTemperatureSquared: {
        description:
          'Whether to multiply the term by temperature squared, which keeps the size of its gradient at any temperature. The published TinyBERT code does not.',
        type: 'boolean',
        default: false,
      },
    },
  },
  signals: [logitsSignal],
  schedules: ['temperature'],
  heldOut: (settings) => ({ ...settings, temperature: finalValue(settings.temperature as ScheduledValue) }),
  kinds: {
    description: 'How logits are compared.',
    list: [softCrossEntropy, klDivergence, sigmoidCrossEntropy, meanSquaredError],
  },
  loss: ({ settings, mask, kind, valueOf, overComparisons }) =>
    overComparisons(({ student, teacher }) =>
      kind<LogitsLossInput>({
        studentLogits: student(logitsSignal),
        teacherLogits: teacher(logitsSignal),
        temperature: valueOf('temperature'),
        reduction: settings.reduction,
        scaleByTemperatureSquared: settings.scaleByTemperatureSquared,
        rowWeights: mask.rowWeights,
      }),
    ),
});
