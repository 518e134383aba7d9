import type { Int8Error, Tokens } from '@retort/columnar';
import type { HostTensors } from '@retort/engine';
import type { Batch } from '../batches.ts';
import { evaluationBatches } from '../evaluation-batches.ts';
import { rowLengths } from '../token-batch.ts';
import { type Ragged, unpad } from './unpad.ts';

const SAMPLE_ROWS = 64;
/** Fewer rows where they are long, so that measuring stays a matter of seconds. */
const SAMPLE_TOKENS = 4096;
const KINDS = ['hiddenStates', 'attentionScores', 'logits'] as const;

/** Signals of one batch, in float32, by name: `logits`, `hiddenStates.3`, or the same with a prefix such as `teacher.`. */
export type Answer = (batch: Batch) => Promise<HostTensors>;

interface Sums {
  squares: number;
  differences: number;
}

/** Answers about some rows, batch by batch, without padding. */
export interface AnswerSample {
  readonly rows: number;
  readonly batches: readonly Readonly<Record<string, Ragged>>[];
}

/**
 * Answers about some rows, evenly spread: at most 64, and so many that they hold at most 4,096 tokens. The same rows
 * whoever answers, so that two models need not be there at once to be compared.
 *
 * @param batchSize rows that are asked about at a time
 */
export async function sampleAnswers(
  answer: Answer,
  { tokens, batchSize }: { tokens: Tokens; batchSize: number },
): Promise<AnswerSample> {
  const lengths = rowLengths(tokens);
  const rows = evenlySpread(lengths.length, sampleSize(tokens.metadata.maxSequenceLength));
  const batches: Record<string, Ragged>[] = [];
  for (const batch of batchesOf(rows, { lengths, batchSize }))
    batches.push(unpad(await answer(batch), { batch, lengths }));
  return { rows: rows.length, batches };
}

/** How far answers in int8 are from the same in float32, by kind. */
export function int8ErrorOf({ int8, float32 }: { int8: AnswerSample; float32: AnswerSample }): Int8Error {
  const sums = new Map<string, Sums>();
  for (const [index, exact] of float32.batches.entries())
    for (const [name, values] of Object.entries(exact))
      add(sums, kindOf(name), values, int8.batches[index]?.[name] as Ragged);
  const errors = [...sums].map(([kind, { squares, differences }]) => [kind, Math.sqrt(differences / squares)]);
  return { rows: float32.rows, ...Object.fromEntries(errors) };
}

/** Shown beside the stage: `int8.logits 0.003`. */
export function int8Metrics({ rows: _rows, ...errors }: Int8Error): Record<string, number> {
  return Object.fromEntries(Object.entries(errors).map(([kind, error]) => [`int8.${kind}`, error]));
}

function sampleSize(longest: number): number {
  return Math.max(1, Math.min(SAMPLE_ROWS, Math.floor(SAMPLE_TOKENS / longest)));
}

function evenlySpread(count: number, wanted: number): Int32Array {
  const size = Math.min(count, wanted);
  return Int32Array.from({ length: size }, (_, i) => Math.floor((i * count) / size));
}

function batchesOf(rows: Int32Array, { lengths, batchSize }: { lengths: Int32Array; batchSize: number }): Batch[] {
  const own = rows.map((row) => lengths[row] as number);
  return evaluationBatches(own, { batchSize }).map((batch) => ({
    ...batch,
    rows: batch.rows.map((index) => rows[index] as number),
  }));
}

/** Names of all layers count together: `hiddenStates.3` as `hiddenStates`. */
function kindOf(name: string): string {
  return KINDS.find((kind) => name.split('.').includes(kind)) ?? name;
}

function add(sums: Map<string, Sums>, kind: string, { values: exact }: Ragged, { values: quantized }: Ragged): void {
  const sum = sums.get(kind) ?? { squares: 0, differences: 0 };
  sums.set(kind, sum);
  for (let i = 0; i < exact.length; i++) {
    const value = exact[i] as number;
    sum.squares += value * value;
    sum.differences += (value - (quantized[i] as number)) ** 2;
  }
}
