import { type Answers, answerName, type TeacherSignal } from '@retort/distillation/signals';
import type { InputTensor } from '@retort/engine';
import type { Int8Error, Tokens } from '@retort/tables';
import { RelativeError } from '@retort/training/metrics';
import type { Batch } from '../batches.ts';
import { evaluationBatches } from '../evaluation-batches.ts';
import { rowLengths } from '../token-batch.ts';
import { axesOf, innermostSize } from './position-runs.ts';
import type { TeacherAnswers } from './teacher.ts';
import { type Ragged, unpad } from './unpad.ts';

const SAMPLE_ROWS = 64;
/** Fewer rows where they are long, so that measuring stays a matter of seconds. */
const SAMPLE_TOKENS = 4096;

/** Answers about some rows, batch by batch, without padding. */
export interface AnswerSample {
  readonly rows: number;
  readonly batches: readonly Answers<Sampled>[];
}

interface Sampled extends Ragged {
  /** Numbers that belong to one token or row: hidden size, classes. Attention scores are one by one. */
  readonly width: number;
}

/**
 * Answers about some rows, evenly spread: at most 64, and so many that they hold at most 4,096 tokens. The same rows
 * whoever answers, so that two models need not be there at once to be compared.
 *
 * @param batchSize rows that are asked about at a time
 */
export async function sampleAnswers(
  asked: Pick<TeacherAnswers, 'of'>,
  { tokens, batchSize }: { tokens: Tokens; batchSize: number },
): Promise<AnswerSample> {
  const lengths = rowLengths(tokens);
  const rows = evenlySpread(lengths.length, sampleSize(tokens.metadata.maxSequenceLength));
  const batches: Answers<Sampled>[] = [];
  for (const batch of batchesOf(rows, { lengths, batchSize })) {
    const padded: Answers<InputTensor> = await asked.of(batch);
    batches.push(
      unpad(padded, { batch, lengths }).map((ragged, { signal, layer }) => {
        const { shape } = padded.get(signal, layer) as InputTensor;
        return { ...ragged, width: innermostSize(axesOf(signal.axes, shape)) };
      }),
    );
  }
  return { rows: rows.length, batches };
}

/** How far answers in int8 are from the same in float32, by signal, as a part of how much those spread. */
export function int8ErrorOf({ int8, float32 }: { int8: AnswerSample; float32: AnswerSample }): Int8Error {
  const errors = new Map<TeacherSignal, RelativeError>();
  for (const [index, exact] of float32.batches.entries())
    for (const [answer, { values, width }] of exact) {
      const { signal, layer } = answer;
      const error = errors.get(signal) ?? new RelativeError();
      errors.set(signal, error);
      const approximate = int8.batches[index]?.get(signal, layer) as Ragged;
      error.add(values, approximate.values, { width, name: answerName(answer) });
    }
  const bySignal = Array.from(errors, ([{ name }, { ofSpread }]) => [name, ofSpread] as const);
  return { rows: float32.rows, ...Object.fromEntries(bySignal) };
}

/** Shown beside the stage: `int8.logits 0.003`. */
export function int8Metrics({ rows: _rows, ...errors }: Int8Error): Record<string, number> {
  return Object.fromEntries(Object.entries(errors).map(([kind, error]) => [`int8.${kind}`, error]));
}

/** Above this part of what tells rows apart, a student learns noise beside its teacher's answers. */
const WARNED_ERROR = 0.2;

/** What to warn of: kinds of answers that int8 changes by much of what tells one row from another. */
export function int8Warnings({ rows, ...errors }: Int8Error): string[] {
  const large = Object.entries(errors).filter(([, error]) => !(error <= WARNED_ERROR));
  if (large.length === 0) return [];
  const list = large.map(([kind, error]) => `${kind} by ${(100 * error).toFixed(0)} %`).join(', ');
  return [
    `The teacher's answers in int8 differ from float32: ${list} of the spread, on ${rows} rows. Use float32, unless the student's score is good enough with int8.`,
  ];
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
