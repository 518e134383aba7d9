import { join } from 'node:path';
import { readTokens, type Signals, type Tokens } from '@retort/columnar';
import { resolveLayerMapping } from '@retort/distillation/layer-mapping';
import { isTermOn, signalsNeeded } from '@retort/distillation/loss-block';
import { type HostTensors, ParameterSet } from '@retort/engine';
import type { InputArtifact, OutputArtifact, StageRun } from '@retort/stage-kit';
import {
  type Batch,
  checkSignals,
  distillationProgram,
  type DistillationSetup,
  labelsOf,
  openTeacherSignals,
  padSignals,
  padTokens,
  rowLengths,
  saveStudent,
  startingModel,
  startingProjections,
  trainOnRows,
  usesClassifier,
} from '@retort/training';
import type { StudentTrainConfig } from './config.generated.ts';

export const run: StageRun<StudentTrainConfig> = async (context) => {
  const { config, inputs, outputs, seed } = context;
  const { loss: block } = config;
  const tokensInput = inputs['tokens'] as InputArtifact;
  const tokens = await readTokens(join(tokensInput.path, 'tokens.arrow'));
  const signals = inputs['signals'] && (await openTeacherSignals(inputs['signals'], tokensInput));
  const heads = usesClassifier(block) ? (['classifier'] as const) : [];
  const { config: student, values } = await startingModel({
    model: inputs['student'],
    architecture: config.student,
    tokens: withTeacherLabels(tokens, signals).metadata,
    heads,
    seed,
  });
  const teacherLayers = signals?.metadata.teacherLayers ?? student.layers;
  const setup: DistillationSetup = {
    student,
    block,
    mapping: resolveLayerMapping({ choice: block.layerMapping, studentLayers: student.layers, teacherLayers }),
  };
  const needed = signalsNeeded(block, setup.mapping);
  if (signals) checkSignals(signals, needed, (inputs['signals'] as InputArtifact).label);
  const teacherHiddenSize = signals?.metadata.hiddenSize ?? student.hiddenSize;
  const projections = await startingProjections({
    block,
    student,
    teacherHiddenSize,
    folder: inputs['student']?.path,
    seed,
  });
  const parameters = new ParameterSet(new Map([...values, ...projections]));

  const save = (port: 'student' | 'initialStudent') =>
    saveStudent({
      folder: (outputs[port] as OutputArtifact).path,
      config: student,
      heads,
      values: parameters.snapshot(),
      tokenizerFolder: tokensInput.path,
      record: {
        block,
        mapping: setup.mapping,
        ...(signals ? { teacherDigest: signals.metadata.teacherDigest, teacherHiddenSize } : {}),
      },
    });
  await save('initialStudent');
  const lengths = rowLengths(tokens);
  const { lastEpoch } = await trainOnRows({
    context,
    tokens,
    parameters,
    program: distillationProgram(setup, config.dropout),
    inputsOf: (batch) =>
      batchInputs({ batch, tokens, signals, lengths, needed, withLabels: isTermOn(block, 'labels') }),
  });
  await save('student');
  await signals?.close();
  return { metrics: lastEpoch };
};

function batchInputs({
  batch,
  tokens,
  signals,
  lengths,
  needed,
  withLabels,
}: {
  batch: Batch;
  tokens: Tokens;
  signals: Signals | undefined;
  lengths: Int32Array;
  needed: Parameters<typeof padSignals>[0]['needed'];
  withLabels: boolean;
}): HostTensors {
  return {
    ...padTokens(tokens, batch),
    ...(signals ? padSignals({ signals, needed, batch, lengths }) : {}),
    ...(withLabels && tokens.labels ? { labels: labelsOf(tokens.labels, batch.rows) } : {}),
  };
}

/** A student that learns from logits alone, on tokens without labels, has the classes of its teacher. */
function withTeacherLabels(tokens: Tokens, signals: Signals | undefined): Pick<Tokens, 'metadata'> {
  const labels = tokens.metadata.labels ?? signals?.metadata.labels;
  return { metadata: { ...tokens.metadata, ...(labels ? { labels } : {}) } };
}
