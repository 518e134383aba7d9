import { hardLabelCrossEntropy } from '@retort/distillation';
import type { ForwardProgram, HostTensors, NamedTensors, TrainingProgram } from '@retort/engine';
import { type BertConfig, classify, encode, tokenAxes, wordFeatures } from '@retort/families';
import { add, matMul, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { ConformanceCase } from '../conformance-case.ts';
import { resultsOfForward, resultsOfStep } from '../run-program.ts';
import { type BatchShape, STUDENT, tokenInputs, weightsOf } from '../tiny-bert.ts';
import { TOLERANCES } from '../tolerances.ts';

/** 1 to 512, with sizes that kernels cut evenly and sizes that they do not. */
const LENGTHS = [1, 2, 3, 7, 16, 33, 64, 128, 255, 512];
const DROPOUT = { hidden: 0.1, attention: 0.2 };
const POSITIONS = { shape: [3], data: Int32Array.of(0, 2, 5) };
const initial = weightsOf(STUDENT, ['maskedLanguageModel', 'classifier']);

const encoderInputs = (inputs: NamedTensors) => ({
  tokenIds: inputs['tokenIds'] as Tensor,
  segmentIds: inputs['segmentIds'] as Tensor,
  keyMask: inputs['keyMask'] as Tensor,
});

/** All hidden states, all attention scores, the logits of the classifier, and what words are predicted from. */
const everyOutput: ForwardProgram = (parameters, inputs) => {
  const model = { config: STUDENT, parameters };
  const { hiddenStates, attentionScores } = encode(model, encoderInputs(inputs));
  const last = hiddenStates.at(-1) as Tensor;
  return {
    ...Object.fromEntries(hiddenStates.map((state, layer) => [`hidden state ${layer}`, state])),
    ...Object.fromEntries(attentionScores.map((scores, i) => [`attention scores ${i + 1}`, scores])),
    logits: classify(model, last),
    ...(inputs['positions'] && { 'word features': wordFeatures(model, last, inputs['positions']) }),
  };
};

/** A word is predicted from every position, with the embedding as the last layer. */
const wordLoss: TrainingProgram = (parameters, inputs, context) => {
  const model = { config: STUDENT, parameters, dropout: { rates: DROPOUT, context } };
  const { hiddenStates } = encode(model, encoderInputs(inputs));
  const features = wordFeatures(model, hiddenStates.at(-1) as Tensor, inputs['positions'] as Tensor);
  const scores = matMul(features, parameters['embeddings.word'] as Tensor2D, false, true);
  const logits = add(scores, parameters['maskedLanguageModel.bias'] as Tensor) as Tensor2D;
  return { loss: hardLabelCrossEntropy({ logits, labels: inputs['words'] as Tensor1D }), terms: {} };
};

/** Every parameter but those of the word head. */
const classLossOf =
  (config: BertConfig): TrainingProgram =>
  (parameters, inputs, context) => {
    const model = { config, parameters, dropout: { rates: DROPOUT, context } };
    const { hiddenStates } = encode(model, encoderInputs(inputs));
    const logits = classify(model, hiddenStates.at(-1) as Tensor);
    return { loss: hardLabelCrossEntropy({ logits, labels: inputs['labels'] as Tensor1D }), terms: {} };
  };
const classLoss = classLossOf(STUDENT);

/** What ELECTRA computes and BERT does not: embeddings that are projected, and gelu in the head. */
const ELECTRA: BertConfig = { ...STUDENT, embeddingSize: 8, headKind: 'electra' };
const electraCase: ConformanceCase = {
  name: 'ELECTRA, loss and gradient of every parameter: four rows with padding, with dropout',
  tolerance: TOLERANCES.gradients,
  compute: (engine) =>
    resultsOfStep(engine, classLossOf(ELECTRA), {
      initial: weightsOf(ELECTRA, ['classifier']),
      inputs: { ...tokenInputs({ rows: 4, length: 9 }), ...labelsOf(4) },
      dropoutKey: 5,
    }),
};

const forwardCase = (name: string, shape: BatchShape): ConformanceCase => ({
  name: `BERT, every output: ${name}`,
  tolerance: TOLERANCES.float32,
  compute: (engine) =>
    resultsOfForward(engine, everyOutput, { initial, inputs: { ...tokenInputs(shape), positions: POSITIONS } }),
});

/** As stages run a model: compiled once for all sizes. */
const freeCase = (shape: BatchShape): ConformanceCase => ({
  name: `BERT, every output: ${shape.rows} rows of ${shape.length}, compiled for all sizes`,
  tolerance: TOLERANCES.float32,
  compute: (engine) =>
    resultsOfForward(engine, everyOutput, { initial, inputs: tokenInputs(shape), freeAxes: tokenAxes(STUDENT) }),
});

const stepCase = (name: string, program: TrainingProgram, shape: BatchShape, more: HostTensors): ConformanceCase => ({
  name: `BERT, loss and gradient of every parameter: ${name}`,
  tolerance: TOLERANCES.gradients,
  compute: (engine) =>
    resultsOfStep(engine, program, { initial, inputs: { ...tokenInputs(shape), ...more }, dropoutKey: 5 }),
});

function labelsOf(rows: number): HostTensors {
  return { labels: { shape: [rows], data: Int32Array.from({ length: rows }, (_, i) => i % 3) } };
}

export const BERT_CASES: readonly ConformanceCase[] = [
  forwardCase('four rows with padding', { rows: 4, length: 9 }),
  forwardCase('a batch of 1', { rows: 1, length: 9 }),
  ...LENGTHS.map((length) => freeCase({ rows: length > 64 ? 1 : 2, length })),
  stepCase(
    'predicting words, with dropout',
    wordLoss,
    { rows: 3, length: 8 },
    {
      positions: POSITIONS,
      words: { shape: [3], data: Int32Array.of(4, 0, 29) },
    },
  ),
  electraCase,
  stepCase('four rows with padding, with dropout', classLoss, { rows: 4, length: 9 }, labelsOf(4)),
  ...LENGTHS.map((length) =>
    stepCase(`a batch of 1, of ${length} tokens`, classLoss, { rows: 1, length }, labelsOf(1)),
  ),
];
