import { layerMappingProblems, layerMappingSchema } from '@retort/distillation/layer-mapping';
import { hasClasses, signalGeometry, teacherSignals } from '@retort/distillation/signals';
import { parseBytes } from '@retort/foundation/diagnostics';
import {
  defineStage,
  type Facts,
  type StageProblem,
  type StageView,
  tokenizerProblems,
  tokensFitProblems,
} from '@retort/plugin-kit';
import { precisionProblems } from '@retort/training/precision';
import { withTrainingSettings } from '@retort/training/settings';
import schema from '../stage.schema.json' with { type: 'json' };
import type { TeacherForwardConfig } from './config.generated.ts';
import { overBudgetMessage, signalBytes } from './signal-bytes.ts';
import { storedAnswers, storedSignals, storeSettings, storesMapped } from './stored-answers.ts';

export const teacherForward = defineStage<TeacherForwardConfig>()({
  kind: 'teacher-forward',
  version: 1,
  description: schema.description,
  configSchema: () => withTrainingSettings(withStoreSettings(), ['batchSize'], { layerMapping: layerMappingSchema }),
  extensions: (config) => ({ teacherSignals: storedSignals(config).map(({ name }) => name) }),
  inputs: {
    teacher: { types: ['model'], description: 'The model that answers, in evaluation mode' },
    tokens: { types: ['tokens'], description: 'The rows that it answers' },
  },
  outputs: () => ({
    signals: { type: 'signals', description: "The teacher's answers, one row for each row of tokens" },
  }),
  usesEngine: true,
  usesSeed: false,
  module: '@retort/stage-teacher-forward/run',
  describe: ({ config, inputs: { teacher, tokens } }) => {
    if (teacher.architecture === undefined || problemsOfLayers(config, teacher.architecture.layers).length > 0)
      return { signals: {} };
    const answers = storedAnswers(config, teacher.architecture.layers);
    const stored = storedSignals(config).map((signal) => {
      const layers = answers.filter((answer) => answer.signal === signal).flatMap(({ layer }) => layer ?? []);
      return [signal.name, signal.firstLayer === undefined ? (true as const) : layers] as const;
    });
    return {
      signals: {
        ...(teacher.tokenizer === undefined ? {} : { tokenizer: teacher.tokenizer }),
        ...(teacher.task && { task: teacher.task }),
        ...(tokens.rows === undefined ? {} : { rows: tokens.rows }),
        signals: {
          stored: Object.fromEntries(stored),
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
    if (teacher.architecture && teacher.task === undefined)
      for (const { name, title } of storedSignals(config).filter(hasClasses))
        problems.push({
          code: 'TEACHER_HAS_NO_CLASSIFIER',
          path: ['with', 'store', name],
          message: `${title.charAt(0).toUpperCase()}${title.slice(1)} need a teacher with a classification head. Connect one from a finetune stage, or set "${name}" to false.`,
        });
    if (teacher.architecture) problems.push(...problemsOfLayers(config, teacher.architecture.layers));
    problems.push(...precisionProblems(config.precision, { engine: view.engine, setting: 'precision' }));
    if (storedSignals(config).length === 0) {
      const names = teacherSignals.all().map(({ name }) => name);
      const message = `No signals are stored. Set ${names.slice(0, -1).join(', ')} or ${names.at(-1)}.`;
      problems.push({ code: 'NOTHING_STORED', path: ['with', 'store'], message });
    }
    return problems.length > 0 ? problems : [...overBudget(view)];
  },
  size: (config) => config,
  estimate: (view) => {
    const bytes = bytesOf(view);
    return {
      ...(bytes === undefined ? {} : { bytes }),
      budgetBytes: parseBytes(view.config.store.budget),
    };
  },
});

type View = StageView<TeacherForwardConfig, { readonly teacher: Facts; readonly tokens: Facts }>;

/** The schema of the file with a setting for each signal that there is. */
function withStoreSettings() {
  const { store } = schema.properties;
  const properties = { ...storeSettings(), ...store.properties };
  return { ...schema, properties: { ...schema.properties, store: { ...store, properties } } };
}

function problemsOfLayers(config: TeacherForwardConfig, teacherLayers: number): StageProblem[] {
  const { studentLayers } = config;
  if (!storesMapped(config)) return [];
  if (studentLayers === undefined) {
    return [
      {
        code: 'STUDENT_LAYERS_MISSING',
        path: ['with'],
        message: 'Mapped layers depend on the student\'s number of layers. Set "studentLayers".',
      },
    ];
  }
  return layerMappingProblems({ choice: config.layerMapping, studentLayers, teacherLayers }).map(
    ({ code, path, message }) => ({ code, message, path: ['with', 'layerMapping', ...path] }),
  );
}

/** By estimates of rows and tokens. All rows alike is the least that attention can take, and exact where all are padded. */
function bytesOf({ config, inputs: { teacher, tokens } }: View): number | undefined {
  const { architecture } = teacher;
  if (!architecture || !tokens.rows || tokens.tokens === undefined) return undefined;
  if (problemsOfLayers(config, architecture.layers).length > 0) return undefined;
  const stored = config.store.padding === 'reference' ? paddedTokens(tokens) : tokens.tokens;
  if (stored === undefined) return undefined;
  return signalBytes({
    config,
    geometry: signalGeometry({ ...architecture, task: teacher.task }),
    answers: storedAnswers(config, architecture.layers),
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
