import { isTermOn } from '@retort/distillation/loss-block';
import lossBlockSchema from '@retort/distillation/loss-block.schema.json' with { type: 'json' };
import {
  type Architecture,
  defineStage,
  type Facts,
  type StartingModel,
  startingModelFacts,
  startingModelProblems,
  tokenizerProblems,
  tokensFitProblems,
} from '@retort/plugin-kit';
import { hasDropout, trainingEstimate } from '@retort/training/peak-memory';
import { trainingDefinitions, trainingExtensions, withTrainingSettings } from '@retort/training/settings';
import schema from '../stage.schema.json' with { type: 'json' };
import { studentTrainProblems } from './checks.ts';
import type { StudentTrainConfig } from './config.generated.ts';
import { lossCurves } from './loss-curves.ts';
import { completePreset } from './presets/complete.ts';
import { learnedTask, TEACHER_ROLES, teacherPorts, teachersOf } from './teacher-roles.ts';

const { $schema: _schema, $id: _id, $defs: lossDefinitions, ...lossBlock } = lossBlockSchema;
const { architecture, initialize } = trainingDefinitions;
const student = { ...architecture, properties: { ...architecture.properties, initialize } };

export const studentTrain = defineStage<StudentTrainConfig>()({
  kind: 'student-train',
  version: 1,
  description: schema.description,
  configSchema: () =>
    withTrainingSettings(schema, ['headKind', 'optimizer', 'dropout', 'batchSize', 'gradientAccumulation', 'epochs'], {
      student,
      lossBlock,
      ...lossDefinitions,
    }),
  complete: completePreset,
  inputs: {
    tokens: { types: ['tokens'], description: 'What the student reads' },
    ...teacherPorts,
    student: { types: ['model'], description: 'A student that goes on learning, with its projections', optional: true },
    model: {
      types: ['model'],
      description: 'A model that a new student takes its first weights from, for student.initialize',
      optional: true,
    },
  },
  outputs: () => ({
    student: { type: 'model', description: 'The trained student, with its projections beside it' },
    initialStudent: { type: 'model', description: 'The student before the first step, for comparison' },
  }),
  extensions: trainingExtensions,
  usesEngine: true,
  usesSeed: true,
  module: '@retort/stage-student-train/run',
  describe: ({ config, inputs }) => {
    const task = getsHead(config) ? learnedTask(inputs) : inputs['student']?.task;
    const facts = {
      ...startingModelFacts(startOf(config, inputs)),
      ...(task && { task }),
    };
    return { student: facts, initialStudent: facts };
  },
  curves: lossCurves,
  check: ({ config, inputs, engine }) => [
    ...tokenizerProblems(inputs, 'tokens'),
    ...tokensFitProblems(inputs, TEACHER_ROLES),
    ...startingModelProblems(startOf(config, inputs)),
    ...studentTrainProblems({
      config,
      inputs,
      engine,
      student: startingModelFacts(startOf(config, inputs)).architecture,
    }),
  ],
  estimate: ({ config, inputs, engine }) =>
    trainingEstimate({
      engine,
      batchSize: config.batchSize,
      tokens: inputs['tokens'],
      model: startingModelFacts(startOf(config, inputs)),
      extras: {
        hasDropout: hasDropout(config.dropout),
        comparesAttention: isTermOn(config.loss, 'attention'),
        teacherHiddenSize: comparesHidden(config) ? teachersOf(inputs)[0]?.architecture?.hiddenSize : undefined,
      },
      alsoRuns: TEACHER_ROLES.flatMap((role) => inputs[role] ?? []),
      alsoRunsIn: config.teacherPrecision,
    }),
});

const comparesHidden = ({ loss }: StudentTrainConfig) => isTermOn(loss, 'hidden') || isTermOn(loss, 'embedding');

const getsHead = ({ loss }: StudentTrainConfig) => isTermOn(loss, 'logits') || isTermOn(loss, 'labels');

function startOf(config: StudentTrainConfig, inputs: Readonly<Record<string, Facts>>): StartingModel {
  const headKind = getsHead(config) ? config.headKind : undefined;
  const copied = config.student?.initialize;
  const layersOf = copied && inputs[copied.from];
  return { setting: 'student', role: 'student', architecture: geometryOf(config), headKind, layersOf, inputs };
}

/** The geometry alone, as models and facts have it. */
function geometryOf({ student: settings }: StudentTrainConfig): Architecture | undefined {
  if (settings === undefined) return undefined;
  const { initialize: _initialize, ...geometry } = settings;
  return geometry;
}
