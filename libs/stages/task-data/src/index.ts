import { nameSchema } from '@retort/foundation/extensions';
import { defineStage, type Facts, type StageProblem } from '@retort/plugin-kit';
import { glueTask } from '@retort/tables/glue';
import schema from '../stage.schema.json' with { type: 'json' };
import { sharedColumn } from './columns.ts';
import type { TableFiles, TaskDataConfig } from './config.generated.ts';
import { taskFormats } from './formats/list.ts';
import { taskOf } from './task-of.ts';

export type { TaskFormat } from './formats/format.ts';
export { taskFormats };

const TABLES = ['train', 'validation', 'test'] as const;

export const taskData = defineStage<TaskDataConfig>()({
  kind: 'task-data',
  version: 2,
  description: schema.description,
  configSchema: () => ({ ...schema, $defs: { ...schema.$defs, format: formatSchema() } }),
  extensions: ({ source }) => ({ taskFormats: source.kind === 'files' ? [source.format] : [] }),
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
    data: {
      types: ['examples'],
      description: 'Folder with a GLUE task\'s files; for `source.kind` "glue"',
      optional: true,
      path: { kind: 'folder' },
    },
  },
  outputs: ({ config }) => ({
    examples: { type: 'examples', description: 'Texts with label and split' },
    ...(hasMismatched(config) && {
      mismatched: { type: 'examples' as const, description: "MNLI's mismatched development and test set" },
    }),
  }),
  usesEngine: false,
  usesSeed: ({ source, sample, selection, maxTrain, maxValidation }) =>
    source.kind === 'synthetic' ||
    selection !== undefined ||
    (sample !== 'first' && (maxTrain ?? maxValidation) !== undefined),
  module: '@retort/stage-task-data/run',
  describe: ({ config }) => {
    const rows = knownRows(config);
    const facts: Facts = { task: taskOf(config.source), ...(hasPairs(config.source) && { hasPairs: true }) };
    const hasSelection = config.selection !== undefined;
    return {
      examples: { ...facts, hasSelection, ...(rows !== undefined && { rows }) },
      ...(hasMismatched(config) && { mismatched: facts }),
    };
  },
  check: ({ config: { source, sample, maxTrain }, inputs }) => [
    ...roleProblems(source.kind, Object.keys(inputs)),
    ...(source.kind === 'files' ? fileProblems(source) : []),
    ...(sample === 'rest' ? restProblems(source, maxTrain) : []),
  ],
});

function formatSchema() {
  const named = nameSchema(taskFormats.all(), 'How the tables are written.');
  return { ...named, $comment: 'TypeScript: string' };
}

function hasPairs(source: TaskDataConfig['source']): boolean {
  if (source.kind === 'files') return source.columns.textB !== undefined;
  return (
    source.kind === 'glue' && glueTask(source.preset).layouts.some(({ train }) => train.columns.textB !== undefined)
  );
}

function hasMismatched({ source }: TaskDataConfig): boolean {
  return source.kind === 'glue' && source.preset === 'mnli';
}

/** Training and validation rows at most, as far as settings say. */
function knownRows({ source, sample, maxTrain, maxValidation }: TaskDataConfig): number | undefined {
  if (sample === 'rest') return undefined;
  if (source.kind !== 'synthetic') return maxTrain === undefined ? undefined : maxTrain + (maxValidation ?? 0);
  return (
    Math.min(source.train, maxTrain ?? source.train) + Math.min(source.validation, maxValidation ?? source.validation)
  );
}

const WANTED = {
  synthetic: { needed: [], read: [], fix: 'Set "source.kind" to "files" or "glue"' },
  files: { needed: ['train', 'validation'], read: TABLES, fix: 'Set "source.kind" to "glue"' },
  glue: { needed: ['data'], read: ['data'], fix: 'Set "source.kind" to "files"' },
} as const satisfies Record<string, { needed: readonly string[]; read: readonly string[]; fix: string }>;

function roleProblems(kind: keyof typeof WANTED, connected: readonly string[]): StageProblem[] {
  const { needed, read, fix } = WANTED[kind] as { needed: readonly string[]; read: readonly string[]; fix: string };
  const unused = connected
    .filter((input) => !read.includes(input))
    .map((input) => ({
      code: 'TASK_DATA_INPUT_UNUSED',
      path: ['inputs', input],
      message: `The source is "${kind}", so the input "${input}" is not used. ${fix}, or remove the input.`,
    }));
  const missing = needed
    .filter((input) => !connected.includes(input))
    .map((input) => ({
      code: 'TASK_DATA_INPUT_MISSING',
      path: ['inputs'],
      message: `The source is "${kind}", but the input "${input}" is missing. Give it the path of a ${input === 'data' ? 'folder' : 'table'}.`,
    }));
  return [...unused, ...missing];
}

function restProblems(source: TaskDataConfig['source'], maxTrain: number | undefined): StageProblem[] {
  if (source.kind !== 'synthetic' && maxTrain !== undefined) return [];
  const message =
    source.kind === 'synthetic'
      ? '"rest" is what a draw leaves of a table, and a synthetic task has no table. Set the number of examples that you want, with another seed.'
      : '"rest" is what the draw of "maxTrain" leaves, so set "maxTrain" too.';
  return [{ code: 'TASK_DATA_REST', path: ['with', 'sample'], message }];
}

function fileProblems(source: TableFiles): StageProblem[] {
  return [...columnProblems(source), ...labelProblems(source), ...formatProblems(source)];
}

function columnProblems({ columns, labels }: TableFiles): StageProblem[] {
  const flagColumns = columns.label === undefined && labels.kind === 'multi-label' ? labels.values : [];
  const shared = sharedColumn(columns, flagColumns);
  if (shared === undefined) return [];
  return [{ code: 'TASK_DATA_COLUMN_SHARED', path: ['with', 'source', 'columns'], message: shared.message }];
}

function labelProblems({ labels, columns, skipLabels }: TableFiles): StageProblem[] {
  const path = ['with', 'source', 'labels'];
  const problems: StageProblem[] = [];
  if (columns.label === undefined && labels.kind !== 'multi-label') {
    const message = 'The label column is missing. Name it in "columns.label".';
    problems.push({ code: 'TASK_DATA_LABEL_COLUMN', path: ['with', 'source', 'columns'], message });
  }
  if (labels.kind !== 'regression') problems.push(...valueProblems(labels.values, skipLabels));
  if (labels.kind !== 'regression' && labels.names !== undefined && labels.names.length !== labels.values.length) {
    const message = `Expected a name for each of the ${labels.values.length} values, got ${labels.names.length} names.`;
    problems.push({ code: 'TASK_DATA_LABEL_NAMES', path: [...path, 'names'], message });
  }
  if (labels.kind === 'multi-label' && columns.label !== undefined) {
    const divided = labels.values.filter((value) => value.includes(labels.separator));
    const message = `The separator ${JSON.stringify(labels.separator)} occurs in ${divided.map((value) => JSON.stringify(value)).join(', ')}. Choose one that occurs in no label.`;
    if (divided.length > 0) problems.push({ code: 'TASK_DATA_SEPARATOR', path: [...path, 'separator'], message });
  }
  if (labels.kind === 'regression' && (labels.minimum ?? -Infinity) >= (labels.maximum ?? Infinity)) {
    const message = `The lowest label, ${labels.minimum}, must be below the highest, ${labels.maximum}.`;
    problems.push({ code: 'TASK_DATA_LABEL_RANGE', path: [...path, 'minimum'], message });
  }
  return problems;
}

function valueProblems(values: readonly string[], skipLabels: TableFiles['skipLabels']): StageProblem[] {
  const listed = (wanted: readonly string[]) => wanted.map((value) => JSON.stringify(value)).join(', ');
  const untrimmed = values.filter((value) => value !== value.trim());
  const skipped = values.filter((value) => skipLabels.includes(value));
  const problems: StageProblem[] = [];
  if (untrimmed.length > 0) {
    const message = `Spaces around labels are ignored, so ${listed(untrimmed)} can never match. Remove the spaces here. The file may have them.`;
    problems.push({ code: 'TASK_DATA_LABEL_SPACES', path: ['with', 'source', 'labels', 'values'], message });
  }
  if (skipped.length > 0) {
    const message = `${listed(skipped)} cannot be a label and also mean that a row has none. Remove it from "skipLabels" or from "labels.values".`;
    problems.push({ code: 'TASK_DATA_LABEL_SKIPPED', path: ['with', 'source', 'skipLabels'], message });
  }
  return problems;
}

/** Settings that the format would ignore. */
function formatProblems({ format, header, delimiter, quoting, extraColumns }: TableFiles): StageProblem[] {
  const { uses = [] } = taskFormats.get(format);
  const set = {
    header: !header,
    quoting: quoting !== undefined,
    extraColumns: extraColumns !== 'refuse',
    delimiter: delimiter !== undefined,
  };
  return (Object.keys(set) as (keyof typeof set)[])
    .filter((name) => set[name] && !uses.includes(name))
    .map((name) => ({
      code: 'TASK_DATA_SETTING_UNUSED',
      path: ['with', 'source', name],
      message: `The format "${format}" does not use "${name}". Leave it out${name === 'delimiter' ? ', or set the format to "csv"' : ''}.`,
    }));
}
