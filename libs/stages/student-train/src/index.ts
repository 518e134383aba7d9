import { resolveLayerMapping } from '@retort/distillation/layer-mapping';
import { isTermOn, type LossBlock, lossBlockProblems, signalsNeeded } from '@retort/distillation/loss-block';
import lossBlockSchema from '@retort/distillation/loss-block.schema.json' with { type: 'json' };
import { type Architecture, defineStage, type Facts, type StageProblem, tokenizerProblems } from '@retort/stage-kit';
import { withTrainingSettings } from '@retort/training/settings';
import { type StartingModel, startingModelFacts, startingModelProblems } from '@retort/training/starting-model-facts';
import schema from '../stage.schema.json' with { type: 'json' };
import type { StudentTrainConfig } from './config.generated.ts';

const { $schema: _schema, $id: _id, ...lossBlock } = lossBlockSchema;

export const studentTrain = defineStage<StudentTrainConfig>({
  kind: 'student-train',
  version: 1,
  description: schema.description,
  configSchema: withTrainingSettings(
    schema,
    ['architecture', 'optimizer', 'dropout', 'batchSize', 'gradientAccumulation', 'epochs'],
    { lossBlock },
  ),
  inputs: {
    tokens: { types: ['tokens'], description: 'What the student reads' },
    signals: {
      types: ['signals'],
      description: "The teacher's answers on the same tokens; needed by every term but labels",
      optional: true,
    },
    student: { types: ['model'], description: 'A student that goes on learning, with its projections', optional: true },
  },
  outputs: () => ({
    student: { type: 'model', description: 'The trained student, with its projections beside it' },
    initialStudent: { type: 'model', description: 'The student before the first step, for comparison' },
  }),
  usesEngine: true,
  usesSeed: true,
  module: '@retort/stage-student-train/run',
  describe: ({ config, inputs }) => {
    const hasHead = isTermOn(config.loss, 'logits') || isTermOn(config.loss, 'labels');
    const labels = hasHead ? (inputs['tokens']?.labels ?? inputs['signals']?.labels) : inputs['student']?.labels;
    const facts = { ...startingModelFacts(startOf(config, inputs)), ...(labels === undefined ? {} : { labels }) };
    return { student: facts, initialStudent: facts };
  },
  check: ({ config, inputs }) => [
    ...tokenizerProblems(inputs, 'tokens'),
    ...startingModelProblems(startOf(config, inputs)),
    ...lossProblems(config, inputs),
  ],
});

function startOf({ student }: StudentTrainConfig, inputs: Readonly<Record<string, Facts>>): StartingModel {
  return { setting: 'student', role: 'student', architecture: student, inputs };
}

function lossProblems(config: StudentTrainConfig, inputs: Readonly<Record<string, Facts>>): StageProblem[] {
  const student = startingModelFacts(startOf(config, inputs)).architecture;
  const block: LossBlock = config.loss;
  const teacher = inputs['signals']?.signals?.teacher;
  const needsSignals = (['attention', 'hidden', 'embedding', 'logits'] as const).some((term) => isTermOn(block, term));
  const problems: StageProblem[] = [];
  if (needsSignals && inputs['signals'] === undefined) {
    problems.push({
      code: 'SIGNALS_NEEDED',
      path: ['inputs'],
      message:
        'The loss has terms that compare with the teacher, but "signals" is not connected. Connect teacher-forward.signals.',
    });
  }
  if (
    isTermOn(block, 'labels') &&
    inputs['tokens'] &&
    inputs['tokens'].labels === undefined &&
    inputs['tokens'].tokenizer !== undefined
  ) {
    problems.push({
      code: 'LABELS_NEEDED',
      path: ['with', 'loss', 'labels', 'weight'],
      message:
        'The labels term needs labelled tokens, but "tokens" has no labels. Set its weight to 0, or connect tokens made from examples.',
    });
  }
  if (student === undefined) return problems;
  const found = lossBlockProblems({
    block,
    student,
    ...(teacher ? { teacher } : {}),
    ...(inputs['tokens']?.labels ? { classes: inputs['tokens'].labels.length } : {}),
  });
  problems.push(...found.map(({ code, path, message }) => ({ code, message, path: ['with', 'loss', ...path] })));
  if (found.length === 0 && teacher) problems.push(...missingSignals(block, student, inputs['signals'] as Facts));
  return problems;
}

/** Signals that the loss asks for and teacher-forward does not store. */
function missingSignals(block: LossBlock, student: Architecture, { signals }: Facts): StageProblem[] {
  const { logits, hiddenStates, attentionScores, teacher } = signals as NonNullable<Facts['signals']>;
  const mapping = resolveLayerMapping({
    choice: block.layerMapping,
    studentLayers: student.layers,
    teacherLayers: (teacher as Architecture).layers,
  });
  const needed = signalsNeeded(block, mapping);
  const missing = [
    needed.logits && !logits ? { what: 'logits', term: 'logits', fix: 'store.logits: true' } : undefined,
    lacking(
      'hidden states of teacher layers',
      needed.hiddenStates,
      hiddenStates,
      'hidden',
      'store.hiddenStates: "mapped"',
    ),
    lacking(
      'attention scores of teacher layers',
      needed.attentionScores,
      attentionScores,
      'attention',
      'store.attentionScores: "mapped"',
    ),
  ];
  return missing.flatMap((entry) =>
    entry
      ? [
          {
            code: 'SIGNALS_MISSING',
            path: ['with', 'loss', entry.term],
            message: `The loss needs ${entry.what}, which teacher-forward does not store. Set there ${entry.fix} with the same layer mapping, or give the term weight 0 here.`,
          },
        ]
      : [],
  );
}

function lacking(
  what: string,
  needed: readonly number[],
  stored: readonly number[],
  term: string,
  fix: string,
): { what: string; term: string; fix: string } | undefined {
  const missing = needed.filter((layer) => !stored.includes(layer));
  return missing.length > 0 ? { what: `${what} ${missing.join(', ')}`, term, fix } : undefined;
}
