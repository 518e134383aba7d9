import { defineStage, type StageProblem } from '@retort/stage-kit';
import { AGENT_LABELS } from '@retort/synthetic-text';
import schema from '../stage.schema.json' with { type: 'json' };
import type { TaskDataConfig } from './config.generated.ts';
import { labelNames } from './label-names.ts';

const ROLES = ['train', 'validation', 'test'] as const;

export const taskData = defineStage<TaskDataConfig>({
  kind: 'task-data',
  version: 1,
  description: schema.description,
  configSchema: schema,
  inputs: {
    train: { types: ['examples'], description: 'Table of training examples', optional: true, path: { kind: 'file' } },
    validation: {
      types: ['examples'],
      description: 'Table of validation examples',
      optional: true,
      path: { kind: 'file' },
    },
    test: {
      types: ['examples'],
      description: 'Table of test examples; labels may be missing',
      optional: true,
      path: { kind: 'file' },
    },
  },
  outputs: () => ({ examples: { type: 'examples', description: 'Texts with label and split' } }),
  usesEngine: false,
  usesSeed: true,
  module: '@retort/stage-task-data/run',
  describe: ({ config }) => {
    const rows = knownRows(config);
    return {
      examples: {
        labels: config.source.kind === 'synthetic' ? AGENT_LABELS : labelNames(config.source.labels),
        ...(rows !== undefined && { rows }),
      },
    };
  },
  check: ({ config: { source }, inputs }) => [
    ...roleProblems(
      source.kind,
      ROLES.filter((role) => role in inputs),
    ),
    ...(source.kind === 'files' && source.labels.kind === 'classes' ? nameProblems(source.labels) : []),
  ],
});

/** Training and validation rows at most, as far as settings say. */
function knownRows({ source, maxTrain, maxValidation }: TaskDataConfig): number | undefined {
  if (source.kind === 'files') return maxTrain === undefined ? undefined : maxTrain + (maxValidation ?? 0);
  return (
    Math.min(source.train, maxTrain ?? source.train) + Math.min(source.validation, maxValidation ?? source.validation)
  );
}

function roleProblems(kind: 'synthetic' | 'files', connected: readonly string[]): StageProblem[] {
  if (kind === 'synthetic') {
    return connected.map((role) => ({
      code: 'TASK_DATA_INPUT_UNUSED',
      path: ['inputs', role],
      message: `The source is "synthetic", so the input "${role}" would not be read. Set "source.kind" to "files", or remove the input.`,
    }));
  }
  return ['train', 'validation']
    .filter((role) => !connected.includes(role))
    .map((role) => ({
      code: 'TASK_DATA_INPUT_MISSING',
      path: ['inputs'],
      message: `The source is "files", but the input "${role}" is missing. Give it the path of a table.`,
    }));
}

function nameProblems({ values, names }: { values: readonly string[]; names?: readonly string[] }): StageProblem[] {
  if (names === undefined || names.length === values.length) return [];
  const message = `Expected a name for each of the ${values.length} values, got ${names.length}.`;
  return [{ code: 'TASK_DATA_LABEL_NAMES', path: ['with', 'source', 'labels', 'names'], message }];
}
