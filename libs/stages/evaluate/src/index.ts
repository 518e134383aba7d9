import { defineStage, type StageProblem, tokenizerProblems } from '@retort/stage-kit';
import { withTrainingSettings } from '@retort/training/settings';
import schema from '../stage.schema.json' with { type: 'json' };
import type { EvaluateConfig } from './config.generated.ts';

export const evaluate = defineStage<EvaluateConfig>({
  kind: 'evaluate',
  version: 1,
  description: schema.description,
  configSchema: withTrainingSettings(schema, ['batchSize']),
  inputs: {
    tokens: { types: ['tokens'], description: 'Held-out tokens; with labels, task metrics are taken' },
    student: { types: ['model'], description: 'The student' },
    initialStudent: {
      types: ['model'],
      description: 'The student before training: for losses before and after',
      optional: true,
    },
    teacher: { types: ['model'], description: 'The teacher: for size, speed and retention', optional: true },
    baseline: { types: ['model'], description: 'The same student trained without a teacher', optional: true },
    signals: {
      types: ['signals'],
      description: "The teacher's answers on the held-out tokens: for held-out losses",
      optional: true,
    },
  },
  outputs: () => ({
    report: { type: 'report', description: 'Scores, losses and sizes: the same bytes whenever it is made' },
    speed: {
      type: 'report',
      description: 'Latency on this machine: measured, so never the same bytes twice',
      isMeasured: true,
    },
  }),
  usesEngine: true,
  usesSeed: true,
  module: '@retort/stage-evaluate/run',
  describe: () => ({ report: {}, speed: {} }),
  check: ({ inputs }) => {
    const problems: StageProblem[] = tokenizerProblems(inputs, 'tokens');
    const { tokens, signals, student } = inputs;
    if (tokens?.labels && student?.architecture && student.labels === undefined) {
      problems.push({
        code: 'STUDENT_HAS_NO_CLASSIFIER',
        path: ['inputs', 'student'],
        message:
          'The tokens are labelled, but the student has no classification head. Evaluate it on unlabelled tokens, or train its head first.',
      });
    }
    if (tokens && tokens.tokenizer !== undefined && tokens.labels === undefined && signals === undefined) {
      problems.push({
        code: 'NOTHING_TO_EVALUATE',
        path: ['inputs'],
        message:
          'The tokens have no labels and no signals are connected, so there is nothing to score. Connect "signals" for held-out losses.',
      });
    }
    return problems;
  },
});
