/** How long and how fast a model is trained, and why, in sentences. */
export interface TrainingPlan {
  readonly epochs: number;
  readonly learningRate: number;
  readonly steps: number;
  readonly why: string;
}

export const BATCH_SIZE = 32;

interface Rule {
  /** The rate of a model of this width, and how much faster a narrower one may learn: rate · (width / hidden size) ^ power. */
  readonly rate: number;
  readonly width: number;
  readonly power: number;
  readonly highestRate: number;
  /** Epochs that are usual where rows are many. */
  readonly epochs: number;
  /** Fewer steps than this teach little, whatever the rate; more epochs make up for few rows, up to a limit. */
  readonly leastSteps: number;
  readonly mostEpochs: number;
}

/**
 * `pretrained`: a BERT-large is tuned at 2e-5, a BERT-base at 3e-5, a model of width 384 at 1e-4; narrower ones at 3e-4 at
 * most. `random`: TinyBERT-4 of width 312 learns at 5e-4.
 */
const RULES: Readonly<Record<'pretrained' | 'random', Rule>> = {
  pretrained: {
    rate: 3e-5,
    width: 768,
    power: 1.75,
    highestRate: 3e-4,
    epochs: 3,
    leastSteps: 200,
    mostEpochs: 20,
  },
  random: { rate: 5e-4, width: 312, power: 1, highestRate: 1e-3, epochs: 6, leastSteps: 1000, mostEpochs: 60 },
};

/**
 * Rate and epochs for so many rows and a model of this width. A narrow model needs a higher rate, since its weights have to
 * move further; few rows need more epochs, since each gives few steps.
 */
export function planTraining(
  { rows, hiddenSize }: { readonly rows: number; readonly hiddenSize: number },
  start: 'pretrained' | 'random',
): TrainingPlan {
  const { rate, width, power, highestRate, epochs: usual, leastSteps, mostEpochs } = RULES[start];
  const learningRate = oneDigit(Math.min(highestRate, rate * (width / hiddenSize) ** power));
  const perEpoch = Math.ceil(rows / BATCH_SIZE);
  const epochs = Math.min(mostEpochs, Math.max(usual, Math.ceil(leastSteps / perEpoch)));
  const steps = epochs * perEpoch;
  const rateReason = `The rate suits a hidden size of ${hiddenSize}.`;
  return { epochs, learningRate, steps, why: `${epochsReason(steps, usual * perEpoch, leastSteps)} ${rateReason}` };
}

function epochsReason(steps: number, usualSteps: number, leastSteps: number): string {
  if (steps < leastSteps)
    return `Useful training takes at least ${leastSteps} steps, and so few rows give only ${steps}. More rows would help.`;
  return usualSteps < leastSteps
    ? `The usual number of epochs gives only ${usualSteps} steps, and fewer than ${leastSteps} teach little.`
    : `This is the usual number of epochs, with at least ${leastSteps} steps.`;
}

function oneDigit(value: number): number {
  return Number(value.toPrecision(1));
}
