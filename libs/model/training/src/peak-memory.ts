import { ARENA_FACTOR, COPIES_OF_WEIGHTS, EAGER_MEMORY, type EagerName } from '@retort/engine/budgets';
import type { EngineName } from '@retort/engine/names';
import type { Architecture } from '@retort/families/geometry';

/** What a plan knows of a model, and of the tokens that it reads. */
interface Facts {
  readonly architecture?: Architecture;
  readonly vocabularySize?: number;
  readonly maxSequenceLength?: number;
}

/** What is known of a model before anything has run. */
export interface ModelSize {
  readonly architecture: Architecture;
  readonly vocabularySize: number;
}

export interface BatchSize {
  readonly batchSize: number;
  readonly maxSequenceLength: number;
}

/** What a training step does besides running the model. */
export interface StepExtras {
  readonly hasDropout: boolean;
  /** Hidden size of a teacher whose hidden states are compared. */
  readonly teacherHiddenSize?: number | undefined;
  readonly comparesAttention?: boolean;
  /** Share of the tokens whose words are predicted, each with a score for every word. */
  readonly predictedShare?: number;
}

/** Whether a step has dropout masks. */
export function hasDropout({ hidden, attention }: { readonly hidden: number; readonly attention: number }): boolean {
  return hidden > 0 || attention > 0;
}

/** Node, tfjs, ONNX Runtime and the data of a stage. */
const PROCESS_BYTES = 200e6;
/** Weights are there as they were read and packed in the session; one that was let go of leaves some behind (measured: 2.2 to 2.9). */
const COPIES_OF_FROZEN_WEIGHTS = 2.4;
/** The same in int8, where tables of embeddings stay float32: quantized, and in the session. */
const COPIES_OF_INT8_WEIGHTS = 2;
/** Of a session beside its arena: less than the 40 MB that the engine reckons with to be safe. */
const RESIDENT_SESSION_BYTES = 15e6;
const FLOAT = 4;

/**
 * Floats that are alive at the worst moment of a step, by layer: per token and hidden size, per token and intermediate
 * size, per attention score. Fitted to what 96 traced steps of 8 geometries take (`computedBytes`), to within 10 %.
 */
const LIVE = { hidden: 9.1, intermediate: 3.1, scores: 2, comparedScores: 1, teacherHidden: 5, words: 2.8 };

/**
 * Most memory, resident, of a stage that trains on the engine `onnx`: 15 % off at most where it was measured (`stage-memory` of
 * the benchmarks). One compiled step is for all widths, so that the widest batch decides.
 */
export function trainingPeakBytes(model: ModelSize, batch: BatchSize, extras: StepExtras): number {
  const step = stepBytes(model, batch.batchSize, batch.maxSequenceLength, extras);
  return PROCESS_BYTES + COPIES_OF_WEIGHTS * weightBytes(model) + step;
}

/** The same of a stage that runs models without training them, one after the other; the largest decides. One session is for all sizes. */
export function forwardPeakBytes(models: readonly ModelSize[], batch: BatchSize): number {
  const needs = models.map(
    (model) => COPIES_OF_FROZEN_WEIGHTS * weightBytes(model) + RESIDENT_SESSION_BYTES + 2 * outputBytes(model, batch),
  );
  const others = models.reduce((sum, model) => sum + weightBytes(model), 0) - Math.max(...models.map(weightBytes));
  return PROCESS_BYTES + Math.max(...needs) + others;
}

/**
 * Floats that tensors of a step take at its worst moment where operations run one by one and everything lives until the
 * step ends, by layer, as `LIVE`. Fitted to what tfjs counts in 242 steps of 11 geometries, to within 5 %.
 */
const TAPE = {
  hidden: 63,
  intermediate: 12.6,
  scores: 7.3,
  comparedScores: 3,
  teacherHidden: 7.9,
  words: 11,
  /** Of dropout: the masks and what they are multiplied with. */
  droppedHidden: 6,
  droppedScores: 3,
  embedding: 25,
  /** The weights, and their gradients with what those are made of. */
  weights: 3.5,
};
/** The same of a forward pass; the weights stay in the backend. */
const FORWARD = { hidden: 25, intermediate: 4.5, scores: 3.2, embedding: 11.7, weights: 1 };
/** Arrays of the size of the weights beside the backend's: values, gradients, two moments, and the values once more, on their way there. */
const EAGER_COPIES_OF_WEIGHTS = 5;

/** Most memory, resident, of a stage that trains on an engine that runs operation by operation; the longest batch decides. */
export function eagerTrainingPeakBytes(
  model: ModelSize,
  batch: BatchSize,
  extras: StepExtras,
  engine: EagerName,
): number {
  const { processBytes, trainingFactor } = EAGER_MEMORY[engine];
  const step = tapeBytes(model, batch, extras) + TAPE.weights * weightBytes(model);
  return processBytes + EAGER_COPIES_OF_WEIGHTS * weightBytes(model) + trainingFactor * step;
}

/** The same of a stage that runs models without training them, one after the other; the largest decides. */
export function eagerForwardPeakBytes(models: readonly ModelSize[], batch: BatchSize, engine: EagerName): number {
  const { processBytes, forwardFactor } = EAGER_MEMORY[engine];
  const needs = models.map(
    (model) =>
      weightBytes(model) +
      forwardFactor * (forwardBytes(model, batch) + weightBytes(model)) +
      outputBytes(model, batch),
  );
  const weights = models.reduce((sum, model) => sum + weightBytes(model), 0);
  return processBytes + weights + Math.max(...needs);
}

/** What models take beside a trainer that compute in int8: weights as they were read, and small ones where float32 has copies. */
function int8Bytes(models: readonly ModelSize[], batch: BatchSize): number {
  const needs = models.map((model) => {
    const [all, tables] = [weightBytes(model), FLOAT * tableSize(model)];
    const small = tables + (all - tables) / FLOAT;
    return all + COPIES_OF_INT8_WEIGHTS * small + RESIDENT_SESSION_BYTES + 2 * outputBytes(model, batch);
  });
  return needs.reduce((sum, bytes) => sum + bytes, 0);
}

interface Known {
  readonly engine: EngineName;
  readonly batchSize: number;
  readonly tokens: Facts | undefined;
}

/** For `estimate` of a stage that trains; nothing where something is unknown, or for engines that were not measured, those on a graphics card. */
export function trainingEstimate({
  model,
  extras,
  alsoRuns = [],
  alsoRunsIn = 'float32',
  ...known
}: Known & {
  readonly model: Facts;
  readonly extras: StepExtras;
  /** Models that run beside the one that is trained, such as an online teacher. */
  readonly alsoRuns?: readonly Facts[];
  /** How these compute. In int8, some of their answers in float32 come first, from passes that are let go of. */
  readonly alsoRunsIn?: 'float32' | 'int8';
}): { readonly peakMemoryBytes?: number } {
  const [batch, size, ...others] = [
    batchOf(known),
    modelSizeOf(model, known.tokens),
    ...sizesOf(alsoRuns, known.tokens),
  ];
  if (batch === undefined || size === undefined || others.includes(undefined)) return {};
  const peak = peaksOn(known.engine);
  if (peak === undefined) return {};
  const training = peak.training(size, batch, extras);
  if (others.length === 0) return { peakMemoryBytes: Math.round(training) };
  const float32 = peak.forward(others as ModelSize[], batch);
  if (alsoRunsIn === 'float32') return { peakMemoryBytes: Math.round(training + float32 - peak.processBytes) };
  return { peakMemoryBytes: Math.round(Math.max(float32, training + int8Bytes(others as ModelSize[], batch))) };
}

/** The same for a stage that runs models, one after the other. */
export function forwardEstimate({ models, ...known }: Known & { readonly models: readonly Facts[] }): {
  readonly peakMemoryBytes?: number;
} {
  const [batch, sizes] = [batchOf(known), sizesOf(models, known.tokens)];
  if (batch === undefined || sizes.length === 0 || sizes.includes(undefined)) return {};
  const peak = peaksOn(known.engine);
  return peak ? { peakMemoryBytes: Math.round(peak.forward(sizes as ModelSize[], batch)) } : {};
}

interface Peaks {
  readonly training: typeof trainingPeakBytes;
  readonly forward: typeof forwardPeakBytes;
  /** What both count with, of a process that does nothing. */
  readonly processBytes: number;
}

/** Undefined for engines that were not measured: those on a graphics card. */
function peaksOn(engine: EngineName): Peaks | undefined {
  if (engine === 'onnx') return { training: trainingPeakBytes, forward: forwardPeakBytes, processBytes: PROCESS_BYTES };
  if (!isEager(engine)) return undefined;
  return {
    training: (model, batch, extras) => eagerTrainingPeakBytes(model, batch, extras, engine),
    forward: (models, batch) => eagerForwardPeakBytes(models, batch, engine),
    processBytes: EAGER_MEMORY[engine].processBytes,
  };
}

function isEager(engine: EngineName): engine is EagerName {
  return engine in EAGER_MEMORY;
}

function batchOf({ batchSize, tokens }: Known): BatchSize | undefined {
  const { maxSequenceLength } = tokens ?? {};
  return maxSequenceLength === undefined ? undefined : { batchSize, maxSequenceLength };
}

function sizesOf(models: readonly Facts[], tokens: Facts | undefined): (ModelSize | undefined)[] {
  return models.map((model) => modelSizeOf(model, tokens));
}

function modelSizeOf({ architecture, vocabularySize }: Facts, tokens: Facts | undefined): ModelSize | undefined {
  const words = vocabularySize ?? tokens?.vocabularySize;
  return architecture && words !== undefined ? { architecture, vocabularySize: words } : undefined;
}

function weightBytes(model: ModelSize): number {
  const { architecture } = model;
  const { layers, hiddenSize: H, intermediateSize: I } = architecture;
  const layer = 4 * (H * H + H) + 2 * H * I + I + H + 4 * H;
  return FLOAT * (tableSize(model) + layers * layer + H * H + H);
}

/** Floats of the embeddings, with their norm. */
function tableSize({ architecture: { hiddenSize, maxPositions }, vocabularySize }: ModelSize): number {
  return (vocabularySize + maxPositions + 4) * hiddenSize;
}

// N tokens of a batch, S attention scores of a layer.

function stepBytes(
  { architecture, vocabularySize }: ModelSize,
  rows: number,
  width: number,
  extras: StepExtras,
): number {
  const { layers, hiddenSize, intermediateSize, heads } = architecture;
  const [N, S] = [rows * width, rows * heads * width * width];
  const scores = S * (LIVE.scores + (extras.comparesAttention ? LIVE.comparedScores : 0));
  const model = layers * (LIVE.hidden * N * hiddenSize + LIVE.intermediate * N * intermediateSize + scores);
  const teacher = LIVE.teacherHidden * N * (extras.teacherHiddenSize ?? 0);
  const words = LIVE.words * N * (extras.predictedShare ?? 0) * vocabularySize;
  const masks = extras.hasDropout ? layers * (2 * N * hiddenSize + S) + N * hiddenSize : 0;
  return FLOAT * ((model + teacher + words) * ARENA_FACTOR + masks) + RESIDENT_SESSION_BYTES;
}

function tapeBytes({ architecture, vocabularySize }: ModelSize, batch: BatchSize, extras: StepExtras): number {
  const { layers, hiddenSize, intermediateSize, heads } = architecture;
  const { batchSize, maxSequenceLength } = batch;
  const [N, S] = [batchSize * maxSequenceLength, batchSize * heads * maxSequenceLength ** 2];
  const { hasDropout: drops, comparesAttention: compares } = extras;
  const hidden = N * hiddenSize * (TAPE.hidden + (drops ? TAPE.droppedHidden : 0));
  const scores = S * (TAPE.scores + (compares ? TAPE.comparedScores : 0) + (drops ? TAPE.droppedScores : 0));
  const layer = hidden + TAPE.intermediate * N * intermediateSize + scores;
  const teacher = TAPE.teacherHidden * (layers + 1) * N * (extras.teacherHiddenSize ?? 0);
  const words = TAPE.words * N * (extras.predictedShare ?? 0) * vocabularySize;
  return FLOAT * (layers * layer + TAPE.embedding * N * hiddenSize + teacher + words);
}

function forwardBytes({ architecture }: ModelSize, { batchSize, maxSequenceLength }: BatchSize): number {
  const { layers, hiddenSize, intermediateSize, heads } = architecture;
  const [N, S] = [batchSize * maxSequenceLength, batchSize * heads * maxSequenceLength ** 2];
  const layer = FORWARD.hidden * N * hiddenSize + FORWARD.intermediate * N * intermediateSize + FORWARD.scores * S;
  return FLOAT * (layers * layer + FORWARD.embedding * N * hiddenSize);
}

/** All hidden states and attention scores of the longest batch. */
function outputBytes({ architecture }: ModelSize, { batchSize, maxSequenceLength }: BatchSize): number {
  const { layers, hiddenSize, heads } = architecture;
  const N = batchSize * maxSequenceLength;
  return FLOAT * ((layers + 1) * N * hiddenSize + layers * N * maxSequenceLength * heads);
}
