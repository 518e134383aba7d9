import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hardLabelCrossEntropy } from '@retort/distillation';
import { type HostTensors, ParameterSet, type TrainingProgram } from '@retort/engine';
import { type BertConfig, classify, encode, initialValues, parameterSpecs } from '@retort/families';
import { StageInterrupted } from '@retort/foundation/work';
import {
  type Batch,
  labelScorer,
  labelsOf,
  padTokens,
  type Scorer,
  trainOnRows,
  type ValidationSettings,
} from '@retort/training';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { METADATA, tokensOf } from './support/tiny-tokens.ts';
import { trainingContext } from './support/training-context.ts';

const LABELS = ['a', 'b', 'c'];
const MODEL: BertConfig = {
  layers: 1,
  hiddenSize: 8,
  heads: 2,
  intermediateSize: 12,
  maxPositions: 24,
  vocabularySize: METADATA.vocabularySize,
  segmentTypes: 2,
  layerNormEpsilon: 1e-12,
  task: { kind: 'classes', labels: LABELS },
};
/** 5 micro-batches of up to 4 rows an epoch, the last one not full, in two widths. */
const tokens = tokensOf(
  Array.from({ length: 18 }, (_, i) => 3 + ((i * 5) % 12)),
  { ...METADATA, task: { kind: 'classes', labels: LABELS } },
);

const program: TrainingProgram = (parameters, inputs, context) => {
  const model = { config: MODEL, parameters, dropout: { rates: { hidden: 0.1, attention: 0.1 }, context } };
  const { hiddenStates } = encode(model, inputs as never);
  const logits = classify(model, hiddenStates.at(-1) as Tensor);
  const { labels, rowWeights } = inputs as { labels: Tensor1D; rowWeights: Tensor1D };
  return { loss: hardLabelCrossEntropy({ logits, labels, rowWeights }), terms: {} };
};

const SETTINGS = {
  batchSize: 4,
  epochs: 2,
  optimizer: {
    kind: 'adamw',
    clipping: 'global',
    learningRate: 0.01,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-6,
    weightDecay: 0.01,
    maxGradientNorm: 1,
    schedule: { kind: 'linear', warmupProportion: 0.1 },
  },
} as const;

class Killed extends Error {}

interface Attempt {
  readonly engine: 'cpu' | 'onnx';
  readonly gradientAccumulation: number;
  readonly folder?: string;
  readonly everySteps?: number;
  /** The micro-batch before which the attempt ends: by a kill, which saves nothing, or because it was asked to stop. */
  readonly killAt?: number;
  readonly interruptAt?: number;
  /** Settings, where rows are scored meanwhile. */
  readonly validated?: Partial<ValidationSettings>;
  /** The scoring in whose middle the attempt is asked to stop. */
  readonly interruptInScoring?: number;
}

/** Accuracy on the rows that the model learns: no weights are the best by being the last. */
function scorerOf({
  context,
  parameters,
  onScore,
}: {
  context: ReturnType<typeof trainingContext>;
  parameters: ParameterSet;
  onScore: (count: number) => void;
}): Scorer {
  const settings = {};
  const scorer = labelScorer({ context, config: MODEL, parameters, tokens, label: 'rows', batchSize: 4, settings });
  let count = 0;
  return {
    ...scorer,
    score: () => {
      onScore(++count);
      return scorer.score();
    },
  };
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'retort-resumed-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function attempt({
  engine,
  gradientAccumulation,
  folder,
  everySteps,
  killAt,
  interruptAt,
  validated,
  interruptInScoring,
}: Attempt) {
  const context = trainingContext({
    config: { ...SETTINGS, gradientAccumulation },
    engine,
    ...(folder === undefined ? {} : { checkpointFolder: folder }),
    ...(everySteps === undefined ? {} : { checkpointEverySteps: everySteps }),
  });
  const parameters = new ParameterSet(initialValues(parameterSpecs(MODEL, ['classifier']), 3));
  const inputsOf = (batch: Batch, index: number): HostTensors => {
    if (index === killAt) throw new Killed();
    if (index + 1 === interruptAt) context.interrupt();
    return { ...padTokens(tokens, batch), labels: labelsOf(tokens.labels as Int32Array, batch.rows) };
  };
  let scored = 0;
  const validation = validated && {
    settings: { keep: 'best', everySteps: 2, ...validated } as const,
    scorer: scorerOf({
      context,
      parameters,
      onScore: (count) => {
        if (count === interruptInScoring) context.interrupt();
        scored = count;
      },
    }),
  };
  const { validation: outcome, ...summary } = await trainOnRows({
    context,
    tokens,
    program,
    parameters,
    inputsOf,
    validation,
  });
  const bytes = Buffer.concat([...parameters.byName.values()].map(({ values }) => Buffer.from(values.slice().buffer)));
  const course = outcome?.course.map(({ seconds: _seconds, ...row }) => row);
  return {
    summary,
    course,
    kept: outcome?.kept.step,
    bytes,
    scored,
    logs: context.logs,
    progresses: context.progresses,
  };
}

const MICRO_BATCHES = 10;

describe.each([
  ['onnx', 1],
  ['onnx', 2],
  ['cpu', 1],
  ['cpu', 2],
] as const)(
  'training on %s, %i micro-batches a step, that ends before any micro-batch',
  (engine, gradientAccumulation) => {
    const settings = { engine, gradientAccumulation };

    it('by a kill and resumes from the last checkpoint gives the bytes and figures of one that was never killed', async () => {
      const whole = await attempt(settings);
      for (let killAt = 1; killAt < MICRO_BATCHES; killAt++) {
        const folder = temporaryFolder();
        await expect(attempt({ ...settings, folder, everySteps: 1, killAt })).rejects.toBeInstanceOf(Killed);
        const resumed = await attempt({ ...settings, folder });
        expect(resumed.bytes.equals(whole.bytes), `killed before micro-batch ${killAt}`).toBe(true);
        expect(resumed.summary).toEqual(whole.summary);
        expect(resumed.progresses.at(-1)).toEqual(whole.progresses.at(-1));
      }
    }, 120_000);

    it('because it was asked to stop saves the last whole step', async () => {
      const whole = await attempt(settings);
      const totalSteps = whole.summary.steps;
      for (const interruptAt of [1, 2, 5, 7, MICRO_BATCHES]) {
        const folder = temporaryFolder();
        await expect(attempt({ ...settings, folder, interruptAt })).rejects.toBeInstanceOf(StageInterrupted);
        const resumed = await attempt({ ...settings, folder });
        expect(resumed.bytes.equals(whole.bytes), `stopped before micro-batch ${interruptAt}`).toBe(true);
        expect(resumed.summary).toEqual(whole.summary);
        const steps =
          Math.floor(interruptAt / 5) * Math.ceil(5 / gradientAccumulation) +
          Math.floor((interruptAt % 5) / gradientAccumulation);
        expect(resumed.logs).toEqual(steps === 0 ? [] : [`Resumed from step ${steps} of ${totalSteps}.`]);
      }
    }, 120_000);
  },
);

describe.each([
  ['onnx', 1],
  ['onnx', 2],
  ['cpu', 2],
] as const)('training on %s, %i micro-batches a step, whose rows are scored', (engine, gradientAccumulation) => {
  const settings = { engine, gradientAccumulation, validated: {} };

  it('resumes after a kill to the same weights, course and figures', async () => {
    const whole = await attempt(settings);
    expect(whole.course?.filter(({ scores }) => scores).length).toBeGreaterThan(3);
    for (let killAt = 1; killAt < MICRO_BATCHES; killAt += 2) {
      const folder = temporaryFolder();
      await expect(attempt({ ...settings, folder, everySteps: 1, killAt })).rejects.toBeInstanceOf(Killed);
      const resumed = await attempt({ ...settings, folder });
      expect(resumed.bytes.equals(whole.bytes), `killed before micro-batch ${killAt}`).toBe(true);
      expect(resumed).toMatchObject({ summary: whole.summary, course: whole.course, kept: whole.kept });
      expect(resumed.progresses.at(-1)).toEqual(whole.progresses.at(-1));
    }
  }, 120_000);

  it('and is asked to stop in the middle of a scoring, saves the step before it', async () => {
    const whole = await attempt(settings);
    for (const interruptInScoring of [2, 3]) {
      const folder = temporaryFolder();
      const stopped = attempt({ ...settings, folder, interruptInScoring });
      await expect(stopped).rejects.toBeInstanceOf(StageInterrupted);
      const resumed = await attempt({ ...settings, folder });
      expect(resumed.logs[0]).toBe(`Resumed from step ${2 * (interruptInScoring - 1)} of ${whole.summary.steps}.`);
      expect(resumed.bytes.equals(whole.bytes)).toBe(true);
      expect(resumed.course).toEqual(whole.course);
    }
  }, 120_000);
});

describe('training that is killed again and again', () => {
  it('is done in the end, and what was scored before the first step is scored once', async () => {
    const once = { engine: 'onnx', gradientAccumulation: 1, validated: { everySteps: MICRO_BATCHES } } as const;
    const settings = { ...once, folder: temporaryFolder(), everySteps: 1 };
    const whole = await attempt(once);
    for (let killAt = 1; killAt < MICRO_BATCHES; killAt++)
      await expect(attempt({ ...settings, killAt })).rejects.toBeInstanceOf(Killed);
    const resumed = await attempt(settings);
    expect(resumed.bytes.equals(whole.bytes)).toBe(true);
    expect(resumed.summary).toEqual(whole.summary);
    expect({ whole: whole.scored, resumed: resumed.scored }).toEqual({ whole: 2, resumed: 1 });
    expect(resumed.progresses[0]).toMatchObject({ done: MICRO_BATCHES, total: MICRO_BATCHES });
  });

  it('makes a checkpoint every so many steps and no more', async () => {
    const folder = temporaryFolder();
    await attempt({ engine: 'onnx', gradientAccumulation: 1, folder, everySteps: 4 });
    expect(readdirSync(folder).sort()).toEqual(['000000000000004.checkpoint', '000000000000008.checkpoint', 'owner']);
  });
});
