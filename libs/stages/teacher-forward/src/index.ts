import { layerMappingProblems } from '@retort/distillation/layer-mapping';
import lossBlockSchema from '@retort/distillation/loss-block.schema.json' with { type: 'json' };
import { parseBytes } from '@retort/foundation/diagnostics';
import { outputsOfTask, REGRESSION } from '@retort/foundation/task';
import {
  defineStage,
  type Facts,
  type StageProblem,
  type StageView,
  tokenizerProblems,
  tokensFitProblems,
} from '@retort/plugin-kit';
import { forwardEstimate } from '@retort/training/peak-memory';
import { precisionProblems } from '@retort/training/precision';
import { withTrainingSettings } from '@retort/training/settings';
import schema from '../stage.schema.json' with { type: 'json' };
import type { TeacherForwardConfig } from './config.generated.ts';
import { overBudgetMessage, signalBytes } from './signal-bytes.ts';
import { storedLayers } from './stored-layers.ts';

export const teacherForward = defineStage<TeacherForwardConfig>()({
  kind: 'teacher-forward',
  version: 1,
  description: schema.description,
  configSchema: withTrainingSettings(schema, ['batchSize'], { layerMapping: lossBlockSchema.properties.layerMapping }),
  inputs: {
    teacher: { types: ['model'], description: 'The model that is asked, in evaluation mode' },
    tokens: { types: ['tokens'], description: 'What it is asked about' },
  },
  outputs: () => ({ signals: { type: 'signals', description: 'Its answers, one row for each row of tokens' } }),
  usesEngine: true,
  usesSeed: false,
  module: '@retort/stage-teacher-forward/run',
  describe: ({ config, inputs: { teacher, tokens } }) => {
    if (teacher?.architecture === undefined || problemsOfLayers(config, teacher.architecture.layers).length > 0)
      return { signals: {} };
    const layers = storedLayers(config, teacher.architecture.layers);
    return {
      signals: {
        ...(teacher.tokenizer === undefined ? {} : { tokenizer: teacher.tokenizer }),
        ...(teacher.task && { task: teacher.task }),
        ...(tokens?.rows === undefined ? {} : { rows: tokens.rows }),
        signals: {
          logits: config.store.logits,
          ...layers,
          ...(config.store.padding === 'reference' ? { padding: 'reference' as const } : {}),
          teacher: teacher.architecture,
        },
      },
    };
  },
  check: (view) => {
    const { config, inputs } = view;
    const { teacher } = inputs;
    const problems = [...tokenizerProblems(inputs, 'teacher'), ...tokensFitProblems(inputs, ['teacher'])];
    if (config.store.logits && teacher?.architecture && teacher.task === undefined) {
      problems.push({
        code: 'TEACHER_HAS_NO_CLASSIFIER',
        path: ['with', 'store', 'logits'],
        message:
          'Logits need a teacher with a classification head. Connect one from a finetune stage, or set logits to false.',
      });
    }
    if (teacher?.architecture) problems.push(...problemsOfLayers(config, teacher.architecture.layers));
    problems.push(...precisionProblems(config.precision, { engine: view.engine, setting: 'precision' }));
    if (nothingStored(config)) {
      problems.push({
        code: 'NOTHING_STORED',
        path: ['with', 'store'],
        message: 'Nothing is stored. Set logits, hiddenStates or attentionScores.',
      });
    }
    return problems.length > 0 ? problems : [...overBudget(view)];
  },
  estimate: (view) => {
    const bytes = bytesOf(view);
    const { config, engine, inputs } = view;
    const models = inputs['teacher'] === undefined ? [] : [inputs['teacher']];
    return {
      ...(bytes === undefined ? {} : { bytes }),
      budgetBytes: parseBytes(config.store.budget),
      ...forwardEstimate({ engine, batchSize: config.batchSize, tokens: inputs['tokens'], models }),
    };
  },
});

type View = StageView<TeacherForwardConfig>;

function nothingStored({ store }: TeacherForwardConfig): boolean {
  return !store.logits && store.hiddenStates === 'none' && store.attentionScores === 'none';
}

function problemsOfLayers(config: TeacherForwardConfig, teacherLayers: number): StageProblem[] {
  const { store, studentLayers } = config;
  if (store.hiddenStates !== 'mapped' && store.attentionScores !== 'mapped') return [];
  if (studentLayers === undefined) {
    return [
      {
        code: 'STUDENT_LAYERS_MISSING',
        path: ['with'],
        message: 'Mapped layers are to be stored, but "studentLayers" does not say how many layers the student has.',
      },
    ];
  }
  return layerMappingProblems({ choice: config.layerMapping, studentLayers, teacherLayers }).map(
    ({ code, path, message }) => ({ code, message, path: ['with', 'layerMapping', ...path] }),
  );
}

/** By estimates of rows and tokens. All rows alike is the least that attention can take, and exact where all are padded. */
function bytesOf({ config, inputs: { teacher, tokens } }: View): number | undefined {
  const { architecture } = teacher ?? {};
  if (!architecture || !tokens?.rows || tokens.tokens === undefined) return undefined;
  if (problemsOfLayers(config, architecture.layers).length > 0) return undefined;
  const stored = config.store.padding === 'reference' ? paddedTokens(tokens) : tokens.tokens;
  if (stored === undefined) return undefined;
  return signalBytes({
    config,
    teacher: architecture,
    layers: storedLayers(config, architecture.layers),
    classes: config.store.logits ? outputsOfTask(teacher?.task ?? REGRESSION) : 0,
    rows: tokens.rows,
    tokens: stored,
    squares: stored ** 2 / tokens.rows,
  });
}

/** Positions of all rows, each padded to the longest. */
function paddedTokens({ rows, maxSequenceLength }: Facts): number | undefined {
  return rows === undefined || maxSequenceLength === undefined ? undefined : rows * maxSequenceLength;
}

function overBudget(view: View): StageProblem[] {
  const bytes = bytesOf(view);
  const { budget } = view.config.store;
  if (bytes === undefined || bytes <= parseBytes(budget)) return [];
  return [{ code: 'OVER_BUDGET', path: ['with', 'store', 'budget'], message: overBudgetMessage(view.config, bytes) }];
}
