import { lossKinds, lossTerms } from '@retort/distillation/terms';
import {
  defineStage,
  type Facts,
  type OutputPort,
  type StageProblem,
  tokenizerProblems,
  tokensFitProblems,
} from '@retort/plugin-kit';
import { metricName, metricProblem, metricSchema } from '@retort/training/metrics';
import { withTrainingSettings } from '@retort/training/settings';
import schema from '../stage.schema.json' with { type: 'json' };
import type { EvaluateConfig } from './config.generated.ts';
import { FLOOR_INPUTS, MODEL_INPUTS } from './model-inputs.ts';
import { tasksDiffer, trainDiffers } from './same-task.ts';

const METRIC =
  "The metric that models are compared by. Other metrics that fit are reported too. By default the GLUE task's own, or the first that fits.";

export const evaluate = defineStage<EvaluateConfig>()({
  kind: 'evaluate',
  version: 2,
  description: schema.description,
  configSchema: () =>
    withTrainingSettings(withLossObjects(), ['batchSize'], {
      ...schema.$defs,
      metric: metricSchema(METRIC),
    }),
  inputs: {
    tokens: { types: ['tokens'], description: 'Held-out tokens; with labels, models are scored on the task' },
    student: {
      types: ['model'],
      description: 'The student; connect at least this, a teacher or a baseline',
      optional: true,
    },
    initialStudent: {
      types: ['model'],
      description: 'The student before training, to compare losses before and after',
      optional: true,
    },
    teacher: { types: ['model'], description: 'The teacher, for scores, size, speed and retention', optional: true },
    baseline: { types: ['model'], description: 'The same student trained without a teacher', optional: true },
    train: {
      types: ['labelledTokens'],
      description: 'Training tokens. A bag of words learns from them, and is scored next to the models.',
      optional: true,
    },
    signals: {
      types: ['signals'],
      description: "The teacher's answers on the held-out tokens, for held-out losses",
      optional: true,
    },
  },
  outputs: ({ config }) => ({
    report: { type: 'report', description: 'Scores, losses and sizes, with the same bytes each time' },
    predictions: {
      type: 'predictions',
      description: 'Predictions of each model, row by row; for a GLUE test set also the files for its server',
    },
    speed: {
      type: 'report',
      description: 'Latency on this machine: measured, so the bytes differ each time',
      isMeasured: true,
    },
    ...floorPorts(config),
  }),
  extensions: (config) => {
    const { metric, lossTerms: terms = [], lossKinds: kinds = [] } = config as EvaluateConfig & LossObjects;
    return {
      metrics: metric === undefined ? [] : [metricName(metric)],
      lossTerms: terms,
      lossKinds: kinds,
      teacherSignals: terms.flatMap((name) => lossTerms.get(name).signals.map((signal) => signal.name)),
    };
  },
  usesEngine: true,
  usesSeed: true,
  module: '@retort/stage-evaluate/run',
  describe: ({ config, inputs }) => ({
    report: {},
    predictions: {},
    speed: {},
    ...Object.fromEntries(
      FLOOR_INPUTS.filter((input) => config.floor[input] !== undefined).map((input) => [input, inputs[input] ?? {}]),
    ),
  }),
  check: ({ config, inputs }) => [
    ...tokenizerProblems(inputs, 'tokens'),
    ...tokensFitProblems(inputs, MODEL_INPUTS),
    ...modelProblems(inputs),
    ...labelProblems(inputs),
    ...trainProblems(inputs),
    ...metricProblems(config, inputs),
    ...floorProblems(config, inputs),
  ],
  size: ({ floor: _floor, ...config }) => config,
});

/** Settings that the schema of the file does not have, since plug-ins decide their values. */
interface LossObjects {
  readonly lossTerms?: readonly string[];
  readonly lossKinds?: readonly string[];
}

/**
 * The schema with the names of what plug-ins bring for losses. A student's own record says what its loss was, but only settings
 * decide which code a stage runs.
 */
function withLossObjects() {
  const names = (description: string, from: readonly { readonly name: string }[]) => ({
    description,
    type: 'array',
    minItems: 1,
    items: { enum: from.map(({ name }) => name) },
  });
  const properties = {
    ...schema.properties,
    lossTerms: names(
      "Plug-ins' terms in the loss that the student was trained with, which held-out losses need.",
      lossTerms.all(),
    ),
    ...(lossKinds.all().length > 0 && { lossKinds: names("Plug-ins' kinds of terms in that loss.", lossKinds.all()) }),
  };
  return { ...schema, properties };
}

function floorPorts({ floor }: EvaluateConfig): { readonly [Input in (typeof FLOOR_INPUTS)[number]]?: OutputPort } {
  const description = (input: string) => `The ${input}, once it has reached its floor`;
  const withFloor = FLOOR_INPUTS.filter((input) => floor[input] !== undefined);
  return Object.fromEntries(withFloor.map((input) => [input, { type: 'model', description: description(input) }]));
}

type Inputs = Readonly<Record<string, Facts>>;

function modelProblems(inputs: Inputs): StageProblem[] {
  const { tokens, signals, student } = inputs;
  const problems: StageProblem[] = [];
  const add = (code: string, path: readonly string[], message: string) => problems.push({ code, path, message });
  if (FLOOR_INPUTS.every((input) => inputs[input] === undefined))
    add('NO_MODEL_TO_EVALUATE', ['inputs'], 'No model is connected. Connect a student, a teacher or a baseline.');
  if (signals && student === undefined)
    add(
      'SIGNALS_WITHOUT_STUDENT',
      ['inputs', 'signals'],
      'Held-out losses need a student, and none is connected. Connect "student", or remove "signals".',
    );
  if (tokens && tokens.tokenizer !== undefined && tokens.task === undefined && signals === undefined)
    add(
      'NOTHING_TO_EVALUATE',
      ['inputs'],
      'The tokens have no labels and no signals are connected, so there is nothing to score. Connect "signals" for held-out losses.',
    );
  return problems;
}

function labelProblems(inputs: Inputs): StageProblem[] {
  const data = inputs['tokens']?.task;
  if (data === undefined) return [];
  return FLOOR_INPUTS.flatMap((input) => {
    const { architecture, task: model } = inputs[input] ?? {};
    if (architecture === undefined) return [];
    if (model === undefined) {
      const message = `The tokens are labelled, but the ${input} has no classification head. Evaluate it on unlabelled tokens, or train its head first.`;
      return [{ code: `${input.toUpperCase()}_HAS_NO_CLASSIFIER`, path: ['inputs', input], message }];
    }
    const message = tasksDiffer({ model, data, name: `The ${input}` });
    return message === undefined ? [] : [{ code: 'LABELS_DIFFER', path: ['inputs', input], message }];
  });
}

function trainProblems({ train, tokens }: Inputs): StageProblem[] {
  if (train === undefined || tokens?.tokenizer === undefined) return [];
  const path = ['inputs', 'train'];
  if (tokens.task === undefined)
    return [
      {
        code: 'TRAIN_UNUSED',
        path,
        message:
          'A bag of words learns from "train", but the held-out tokens have no labels to score it on. Remove "train", or connect labelled tokens.',
      },
    ];
  const message = train.task && trainDiffers(train.task, tokens.task);
  return message === undefined ? [] : [{ code: 'TRAIN_TASK_DIFFERS', path, message }];
}

function metricProblems({ metric }: EvaluateConfig, { tokens }: Inputs): StageProblem[] {
  if (metric === undefined || tokens?.task === undefined) return [];
  const message = metricProblem(metric, tokens.task);
  return message === undefined ? [] : [{ code: 'METRIC_DOES_NOT_FIT', path: ['with', 'metric'], message }];
}

function floorProblems({ floor }: EvaluateConfig, inputs: Inputs): StageProblem[] {
  const { tokens } = inputs;
  return FLOOR_INPUTS.filter((input) => floor[input] !== undefined).flatMap((input) => {
    const path = ['with', 'floor', input];
    if (inputs[input] === undefined)
      return [
        {
          code: 'FLOOR_MODEL_MISSING',
          path,
          message: `There is a floor for "${input}", which is not connected. Connect it, or remove the floor.`,
        },
      ];
    if (tokens?.tokenizer === undefined || tokens.task !== undefined) return [];
    return [
      {
        code: 'FLOOR_WITHOUT_LABELS',
        path,
        message: 'A floor needs a score, but the tokens have no labels. Connect labelled tokens, or remove the floor.',
      },
    ];
  });
}
