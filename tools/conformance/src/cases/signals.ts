import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answer, attentionScores, hiddenStates } from '@retort/distillation/signals';
import type { Engine, NamedTensors } from '@retort/engine';
import { createSignalsWriter, openSignals, type SignalsMetadata } from '@retort/tables';
import { answersProgram, signalColumns } from '@retort/training';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { ConformanceCase, Results } from '../conformance-case.ts';
import { resultsOfForward, resultsOfStep } from '../run-program.ts';
import { STUDENT, tokenInputs, weightsOf } from '../tiny-bert.ts';
import { TOLERANCES } from '../tolerances.ts';

const [ROWS, LENGTH] = [3, 6];
const HIDDEN = [0, 1, 2];
const ATTENTION = [1, 2];
const initial = weightsOf(STUDENT, []);

const metadata: SignalsMetadata = {
  teacherDigest: 'teacher',
  tokensDigest: 'tokens',
  tokenizerDigest: 'tokenizer',
  dtype: 'float16',
  teacherLayers: STUDENT.layers,
  hiddenSize: STUDENT.hiddenSize,
  heads: STUDENT.heads,
  maskConvention: 'valid positions only, scores before softmax and mask',
};

const ANSWERS: readonly Answer[] = [
  ...HIDDEN.map((layer) => ({ signal: hiddenStates, layer })),
  ...ATTENTION.map((layer) => ({ signal: attentionScores, layer })),
];
const program = answersProgram(STUDENT, ANSWERS);

/** What comes back from the file, as a student reads it. */
async function throughTheFile(engine: Engine): Promise<Results> {
  const answers = await resultsOfForward(engine, program, {
    initial,
    inputs: tokenInputs({ rows: ROWS, length: LENGTH }),
  });
  const names = Object.keys(answers).filter((name) => !name.startsWith('shape'));
  const folder = await mkdtemp(join(tmpdir(), 'retort-conformance-'));
  try {
    const file = join(folder, 'signals.arrow');
    const writer = await createSignalsWriter(file, {
      metadata,
      columns: signalColumns(ANSWERS, { ...STUDENT, dtype: 'float16' }),
    });
    const columns = names.map((name) => [name, rowsOf(answers[name] as Float32Array)] as const);
    await writer.append(
      Object.fromEntries(columns),
      Int32Array.from({ length: ROWS }, (_, row) => row),
    );
    await writer.close();
    const signals = await openSignals(file);
    const rows = Array.from({ length: ROWS }, (_, row) => row);
    const read = names.map((name) => [name, signals.readRows(rows, name).values] as const);
    await signals.close();
    return Object.fromEntries(read);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function rowsOf(values: Float32Array) {
  const each = values.length / ROWS;
  return { values, offsets: Int32Array.from({ length: ROWS + 1 }, (_, row) => row * each) };
}

const HALF_INPUTS = {
  // 1, -2, the largest, the smallest, 0, 1/3 rounded
  halves: { shape: [2, 3], data: Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0, 0x3555) },
};
const halfInitial = new Map([['weight', { shape: [3], values: Float32Array.of(0.5, -1, 2 ** -8) }]]);
const scaled = ({ weight }: NamedTensors, { halves }: NamedTensors) => tf.mul(halves as Tensor, weight as Tensor);

/** Bits of float16 that go into a step and a pass. */
async function fromBits(engine: Engine): Promise<Results> {
  const given = { initial: halfInitial, inputs: HALF_INPUTS };
  return {
    ...(await resultsOfStep(engine, (p, x) => ({ loss: tf.mean(tf.square(scaled(p, x))), terms: {} }), given)),
    ...(await resultsOfForward(engine, (p, x) => ({ scaled: scaled(p, x) }), given)),
  };
}

export const SIGNAL_CASES: readonly ConformanceCase[] = [
  { name: 'signals: bits of float16 as inputs', tolerance: TOLERANCES.float32, compute: fromBits },
  { name: 'signals: stored as float16 and read again', tolerance: TOLERANCES.float16, compute: throughTheFile },
];
