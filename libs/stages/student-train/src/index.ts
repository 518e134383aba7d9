import { lossBlockSchema, lossExtensions, usesClassifier } from '@retort/distillation/loss-block';
import {
  type Architecture,
  defineStage,
  type StartingModel,
  startingModelFacts,
  startingModelProblems,
  tokenizerProblems,
  tokensFitProblems,
} from '@retort/plugin-kit';
import {
  trainingDefinitions,
  trainingExtensions,
  trainingSize,
  validationExtensions,
  validationOutputs,
  withTrainingSettings,
} from '@retort/training/settings';
import schema from '../stage.schema.json' with { type: 'json' };
import { studentTrainProblems } from './checks.ts';
import type { StudentTrainConfig } from './config.generated.ts';
import { copiedModels, learnedTask, type StudentTrainInputs, studentTrainInputs } from './inputs.ts';
import { lossCurves } from './loss-curves.ts';
import { completePreset } from './presets/complete.ts';

const { architecture, initialize } = trainingDefinitions;
const student = { ...architecture, properties: { ...architecture.properties, initialize } };

export const studentTrain = defineStage<StudentTrainConfig>()({
  kind: 'student-train',
  version: 1,
  description: schema.description,
  configSchema: () => {
    const { $defs, ...lossBlock } = lossBlockSchema();
    return withTrainingSettings(
      schema,
      ['headKind', 'optimizer', 'dropout', 'batchSize', 'gradientAccumulation', 'epochs', 'validation'],
      { student, lossBlock, ...$defs },
    );
  },
  complete: completePreset,
  inputs: studentTrainInputs,
  outputs: ({ connected }) => ({
    student: { type: 'model', description: 'The trained student, with its projections' },
    initialStudent: { type: 'model', description: 'The student before the first step, for comparison' },
    ...validationOutputs(connected),
  }),
  extensions: (config) => ({
    ...trainingExtensions(config),
    ...lossExtensions(config.loss),
    ...validationExtensions(config),
  }),
  usesEngine: true,
  usesSeed: true,
  module: '@retort/stage-student-train/run',
  describe: ({ config, inputs }) => {
    const task = usesClassifier(config.loss) ? learnedTask(inputs) : inputs.student?.task;
    const facts = {
      ...startingModelFacts(startOf(config, inputs)),
      ...(task && { task }),
    };
    return { student: facts, initialStudent: facts };
  },
  curves: lossCurves,
  check: ({ config, inputs, engine }) => [
    ...tokenizerProblems(inputs, 'tokens'),
    ...tokensFitProblems(inputs, ['teacher'], ['tokens', 'validation']),
    ...startingModelProblems(startOf(config, inputs)),
    ...studentTrainProblems({
      config,
      inputs,
      engine,
      student: startingModelFacts(startOf(config, inputs)).architecture,
    }),
  ],
  size: trainingSize,
});

function startOf(config: StudentTrainConfig, allInputs: StudentTrainInputs): StartingModel {
  const headKind = usesClassifier(config.loss) ? config.headKind : undefined;
  const copied = config.student?.initialize;
  const layersOf = copied && copiedModels(allInputs)[copied.from];
  const { signals: _signals, validationSignals: _validationSignals, teacher: _teacher, ...inputs } = allInputs;
  return { setting: 'student', input: 'student', architecture: geometryOf(config), headKind, layersOf, inputs };
}

/** The geometry alone, as models and facts have it. */
function geometryOf({ student: settings }: StudentTrainConfig): Architecture | undefined {
  if (settings === undefined) return undefined;
  const { initialize: _initialize, ...geometry } = settings;
  return geometry;
}
