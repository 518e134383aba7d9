import type { GivenSettings } from '@retort/plugin-kit';

export const PRESETS = ['official', 'paper', 'masked', 'article'] as const;
export type PresetName = (typeof PRESETS)[number];

export const PHASES = ['general', 'intermediate', 'prediction', 'joint'] as const;
export type PhaseName = (typeof PHASES)[number];

/** What a preset says without a phase, and what each of its phases adds. */
export interface Preset {
  /** How terms are taken, and the optimizer. */
  readonly conventions: GivenSettings;
  /** Terms that are on, rate, batch and epochs. A phase that is missing is none of this preset's. */
  readonly phases: Readonly<Partial<Record<PhaseName, GivenSettings>>>;
  /** The phase that is meant when none is given. */
  readonly defaultPhase?: PhaseName;
}

const on = { weight: 1 };
const TRANSFORMER = { attention: on, hidden: on, embedding: on };
const PREDICTION = { logits: on };
const linear = { kind: 'linear', warmupProportion: 0.1 };
const constant = { kind: 'constant', warmupProportion: 0 };
const reference = { kind: 'meanSquaredError', padding: 'reference' };
const maskedError = { kind: 'meanSquaredError', padding: 'masked' };

/**
 * The published code (huawei-noah/Pretrained-Language-Model at 0598f02: general_distill.py, task_distill.py,
 * transformer/optimization.py) as it runs: its table of settings per task is never read, so these are its flags' defaults and
 * its README's commands.
 */
const official: Preset = {
  conventions: {
    loss: {
      attention: reference,
      hidden: reference,
      embedding: reference,
      logits: { kind: 'softCrossEntropy', temperature: 1, reduction: 'elementMean', scaleByTemperatureSquared: false },
      layerReduction: 'sum',
      projection: 'shared',
      projectionBias: true,
    },
    optimizer: { kind: 'bertAdam', epsilon: 1e-6, weightDecay: 0.01, maxGradientNorm: 1, clipping: 'perTensor' },
    dropout: { hidden: 0.1, attention: 0.1 },
    padTo: 'maximum',
    lastBatch: 'skip',
    // Where validation rows are connected. Only the prediction phase chooses weights by them.
    validation: { keep: 'last' },
  },
  phases: {
    general: {
      loss: TRANSFORMER,
      optimizer: { learningRate: 5e-5, schedule: linear },
      batchSize: 256,
      epochs: 3,
    },
    intermediate: {
      loss: TRANSFORMER,
      optimizer: { learningRate: 5e-5, schedule: constant },
      batchSize: 32,
      epochs: 10,
    },
    prediction: {
      headKind: 'reference',
      loss: PREDICTION,
      optimizer: { learningRate: 3e-5, schedule: linear },
      batchSize: 32,
      epochs: 3,
      validation: { everySteps: 100, keep: 'best' },
    },
  },
};

/**
 * The formulas of arXiv:1909.10351 and its table of settings: sums over classes, W_e apart from W_h, no biases, means over
 * the sentence. General distillation is "as BERT pre-training": its rate and BERT's optimizer.
 */
const paper: Preset = {
  conventions: {
    loss: {
      attention: maskedError,
      hidden: maskedError,
      embedding: maskedError,
      logits: { kind: 'softCrossEntropy', temperature: 1, reduction: 'batchMean', scaleByTemperatureSquared: false },
      layerReduction: 'sum',
      projection: 'embeddingApart',
      projectionBias: false,
    },
    optimizer: { kind: 'bertAdam', epsilon: 1e-6, weightDecay: 0.01, maxGradientNorm: 1, clipping: 'global' },
    dropout: { hidden: 0.1, attention: 0.1 },
  },
  phases: {
    general: {
      loss: TRANSFORMER,
      optimizer: { learningRate: 1e-4, schedule: linear },
      batchSize: 256,
      epochs: 3,
    },
    intermediate: {
      loss: TRANSFORMER,
      optimizer: { learningRate: 5e-5, schedule: linear },
      batchSize: 32,
      epochs: 20,
    },
    prediction: { loss: PREDICTION, optimizer: { learningRate: 3e-5, schedule: linear }, batchSize: 32, epochs: 3 },
    joint: {
      loss: { ...TRANSFORMER, ...PREDICTION },
      optimizer: { learningRate: 5e-5, schedule: linear },
      batchSize: 32,
      epochs: 20,
    },
  },
};

/** The defaults of the schema, which need no words here; phases as published, with AdamW. */
const masked: Preset = {
  conventions: {},
  phases: {
    general: { ...paper.phases.general, optimizer: { learningRate: 1e-4 } },
    intermediate: { ...paper.phases.intermediate, optimizer: { learningRate: 5e-5 }, epochs: 10 },
    prediction: { ...paper.phases.prediction, optimizer: { learningRate: 3e-5 } },
    joint: { ...paper.phases.joint, optimizer: { learningRate: 5e-5 }, epochs: 10 },
  },
};

/** alpha L_KD + beta L_att + gamma L_hidn and the hard-label cross-entropy: one phase, everything at once. */
const article: Preset = {
  conventions: {
    loss: {
      attention: reference,
      hidden: reference,
      embedding: reference,
      logits: { kind: 'klDivergence', temperature: 5, reduction: 'batchMean', scaleByTemperatureSquared: false },
      layerReduction: 'sum',
      projection: 'shared',
      projectionBias: true,
    },
    optimizer: { kind: 'adam', epsilon: 1e-8, weightDecay: 0, maxGradientNorm: 0 },
    padTo: 'maximum',
  },
  phases: {
    joint: {
      student: { layers: 4, hiddenSize: 312, heads: 12, intermediateSize: 1200 },
      loss: { attention: on, hidden: on, logits: { weight: 0.5 }, labels: on },
      optimizer: { learningRate: 2e-5, schedule: constant },
      batchSize: 32,
      epochs: 10,
    },
  },
  defaultPhase: 'joint',
};

export const PRESET_TABLE: Readonly<Record<PresetName, Preset>> = { official, paper, masked, article };
