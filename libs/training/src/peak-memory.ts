import { ARENA_FACTOR, COPIES_OF_WEIGHTS, LIVE_FORWARD_BYTES, TRAINER_BYTES } from '@retort/engine/budgets';
import type { Architecture, EngineName, Facts } from '@retort/stage-kit';
import { bucketWidths } from './batches.ts';

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
/** Weights are there as they were read, in the graph that is handed over, and twice in the session that packs them. */
const COPIES_OF_FROZEN_WEIGHTS = 4;
/** Of a session beside its arena: less than the 40 MB that the engine reckons with to be safe. */
const RESIDENT_SESSION_BYTES = 15e6;
const FLOAT = 4;

/**
 * Floats that are alive at the worst moment of a step, by layer: per token and hidden size, per token and intermediate
 * size, per attention score. Fitted to what 96 traced steps of 8 geometries take (`computedBytes`), to within 10 %.
 */
const LIVE = { hidden: 9.1, intermediate: 3.1, scores: 2, comparedScores: 1, teacherHidden: 5, words: 2.8 };

/**
 * Most memory, resident, of a stage that trains on the engine `onnx`, when its rows have every length: 15 % off at most
 * where it was measured (`stage-memory` of the benchmarks). Rows of a few lengths, such as packed ones, take less.
 */
export function trainingPeakBytes(model: ModelSize, batch: BatchSize, extras: StepExtras): number {
  const weights = COPIES_OF_WEIGHTS * weightBytes(model);
  const steps = bucketWidths(batch.maxSequenceLength).map((width) => stepBytes(model, batch.batchSize, width, extras));
  const all = steps.reduce((sum, bytes) => sum + bytes, 0);
  return PROCESS_BYTES + weights + Math.max(...steps, Math.min(all, TRAINER_BYTES - weights));
}

/** The same of a stage that runs models without training them, one after the other; the largest decides. */
export function forwardPeakBytes(models: readonly ModelSize[], batch: BatchSize): number {
  const widths = bucketWidths(batch.maxSequenceLength);
  const needs = models.map((model) => {
    const weights = weightBytes(model);
    const live = Math.max(1, Math.min(widths.length, Math.floor(LIVE_FORWARD_BYTES / weights)));
    const sessions = live * (2 * weights + RESIDENT_SESSION_BYTES);
    return (COPIES_OF_FROZEN_WEIGHTS - 2) * weights + sessions + 2 * outputBytes(model, batch);
  });
  const others = models.reduce((sum, model) => sum + weightBytes(model), 0) - Math.max(...models.map(weightBytes));
  return PROCESS_BYTES + Math.max(...needs) + others;
}

interface Known {
  readonly engine: EngineName;
  readonly batchSize: number;
  readonly tokens: Facts | undefined;
}

/** For `estimate` of a stage that trains; nothing where something is unknown, or for engines that were not measured. */
export function trainingEstimate({
  model,
  extras,
  alsoRuns = [],
  ...known
}: Known & {
  readonly model: Facts;
  readonly extras: StepExtras;
  /** Models that run beside the one that is trained, such as an online teacher. */
  readonly alsoRuns?: readonly Facts[];
}): { readonly peakMemoryBytes?: number } {
  const [batch, size, ...others] = [
    batchOf(known),
    modelSizeOf(model, known.tokens),
    ...sizesOf(alsoRuns, known.tokens),
  ];
  if (batch === undefined || size === undefined || others.includes(undefined)) return {};
  const beside = others.length === 0 ? 0 : forwardPeakBytes(others as ModelSize[], batch) - PROCESS_BYTES;
  return { peakMemoryBytes: Math.round(trainingPeakBytes(size, batch, extras) + beside) };
}

/** The same for a stage that runs models, one after the other. */
export function forwardEstimate({ models, ...known }: Known & { readonly models: readonly Facts[] }): {
  readonly peakMemoryBytes?: number;
} {
  const [batch, sizes] = [batchOf(known), sizesOf(models, known.tokens)];
  if (batch === undefined || sizes.length === 0 || sizes.includes(undefined)) return {};
  return { peakMemoryBytes: Math.round(forwardPeakBytes(sizes as ModelSize[], batch)) };
}

function batchOf({ engine, batchSize, tokens }: Known): BatchSize | undefined {
  const { maxSequenceLength } = tokens ?? {};
  return engine === 'onnx' && maxSequenceLength !== undefined ? { batchSize, maxSequenceLength } : undefined;
}

function sizesOf(models: readonly Facts[], tokens: Facts | undefined): (ModelSize | undefined)[] {
  return models.map((model) => modelSizeOf(model, tokens));
}

function modelSizeOf({ architecture, vocabularySize }: Facts, tokens: Facts | undefined): ModelSize | undefined {
  const words = vocabularySize ?? tokens?.vocabularySize;
  return architecture && words !== undefined ? { architecture, vocabularySize: words } : undefined;
}

function weightBytes({ architecture, vocabularySize }: ModelSize): number {
  const { layers, hiddenSize: H, intermediateSize: I, maxPositions } = architecture;
  const tables = (vocabularySize + maxPositions + 2) * H + 2 * H;
  const layer = 4 * (H * H + H) + 2 * H * I + I + H + 4 * H;
  return FLOAT * (tables + layers * layer + H * H + H);
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

/** All hidden states and attention scores of the longest batch. */
function outputBytes({ architecture }: ModelSize, { batchSize, maxSequenceLength }: BatchSize): number {
  const { layers, hiddenSize, heads } = architecture;
  const N = batchSize * maxSequenceLength;
  return FLOAT * ((layers + 1) * N * hiddenSize + layers * N * maxSequenceLength * heads);
}
